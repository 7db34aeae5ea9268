#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "staa/distributed/communicator.h"

namespace staa::distributed {

/// Detects lost processes. A thread in each process increments its own counter in the store once
/// per second. Rank 0 follows all counters; the others follow that of rank 0. If a counter does not
/// change for `patience.lost`, the follower writes a verdict that all processes read. The time is
/// measured in the follower's own seconds, so that suspending the whole machine does no harm. A
/// failure that a process reports about itself is also a verdict.
class Watch {
 public:
  /// `store` must be a connection that nothing else uses.
  Watch(c10::intrusive_ptr<c10d::Store> store, Launch launch, const Patience& patience);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Throws Error(kRuntime) if there is a verdict or if the store does not respond. A waiting
  /// thread must call it once every kSlice.
  void check();
  static constexpr std::chrono::milliseconds kSlice{500};

  /// To be called after a connection broke. Waits some seconds for a verdict, or makes one, and
  /// throws it. `why` is the connection's error message.
  [[noreturn]] void explain(const std::string& why);

  /// Makes "rank R (process P on HOST): message" the verdict, and waits a few seconds at most until
  /// all have read it. The object must not be destroyed for a second after that.
  void report(const std::string& message);

  /// From now on other processes may end without being reported as lost.
  void finish() { finishing_ = true; }

 private:
  /// The last known value of another process's counter.
  struct Pulse {
    std::int64_t value = -1;
    std::int64_t still = 0;  ///< rounds since it changed
  };

  void run();
  void round();
  void follow(std::int64_t rank);
  std::string verdict();
  void set_verdict(const std::string& verdict);
  std::string name_of(std::int64_t rank);
  std::string lost_message(const std::string& ranks, std::int64_t seconds) const;

  c10::intrusive_ptr<c10d::Store> store_;
  Launch launch_;
  std::int64_t limit_;  // in rounds
  std::vector<Pulse> pulses_;
  std::atomic<std::int64_t> rounds_{0};
  std::int64_t rounds_seen_ = 0;  // in check()
  std::int64_t slices_still_ = 0;
  bool store_silent_ = false;  // found by check()
  std::atomic<bool> finishing_{false};

  std::mutex mutex_;  // guards the members below
  std::condition_variable changed_;
  std::string verdict_;
  std::string store_failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace staa::distributed
