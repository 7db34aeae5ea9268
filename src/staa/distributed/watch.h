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

/// Finds out which process is lost. A thread of each process counts up a number of its own in the
/// store, once a second; rank 0 follows everyone's, the others that of rank 0. A number that stands
/// still for `patience.lost` while the follower's own second passes (so that a machine that sleeps
/// as a whole does no harm) becomes a verdict, which all processes read. So does the failure that a
/// process reports of itself.
class Watch {
 public:
  /// `store`: a connection for this alone.
  Watch(c10::intrusive_ptr<c10d::Store> store, Launch launch, const Patience& patience);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Throws Error(kRuntime) with the verdict, if there is one, or where the store has fallen
  /// silent. For a thread that waits, once every kSlice.
  void check();
  static constexpr std::chrono::milliseconds kSlice{500};

  /// After a broken connection: waits some seconds for a verdict or makes one, and throws it. `why`
  /// is the connection's own message.
  [[noreturn]] void explain(const std::string& why);

  /// Makes "rank R (process P on HOST): message" the verdict and waits until all have read it, for
  /// some seconds at most. Not to be destroyed for a second after that.
  void report(const std::string& message);

  /// From here on others may end without being missed.
  void finish() { finishing_ = true; }

 private:
  /// Another process's number, as far as it is followed.
  struct Pulse {
    std::int64_t value = -1;
    std::int64_t still = 0;  ///< rounds since it changed
  };

  void run();
  void round();
  void follow(std::int64_t rank);
  std::string verdict();
  void pronounce(const std::string& verdict);
  std::string name_of(std::int64_t rank);
  std::string lost_message(const std::string& ranks, std::int64_t seconds) const;

  c10::intrusive_ptr<c10d::Store> store_;
  Launch launch_;
  std::int64_t limit_;  // rounds
  std::vector<Pulse> pulses_;
  std::atomic<std::int64_t> rounds_{0};
  std::int64_t rounds_seen_ = 0;  // by check()
  std::int64_t slices_still_ = 0;
  bool store_silent_ = false;  // as check() has found
  std::atomic<bool> finishing_{false};

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::string verdict_;
  std::string store_failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace staa::distributed
