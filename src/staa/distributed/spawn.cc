#include "staa/distributed/spawn.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <thread>

#include "staa/distributed/store.h"
#include "staa/util/child_process.h"
#include "staa/util/stop_signals.h"

namespace staa::distributed {
namespace {

using Clock = std::chrono::steady_clock;

// A signal handler can reach only global variables.
volatile std::sig_atomic_t received = 0;
extern "C" void note_signal(int signal) { received = signal; }

/// While it lives, records the signals that request a stop, except those that were already ignored.
class Signals {
 public:
  Signals() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < std::size(kStopSignals); ++i) {
      ::sigaction(kStopSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) ::sigaction(kStopSignals[i], &action, nullptr);
    }
  }
  ~Signals() {
    for (std::size_t i = 0; i < std::size(kStopSignals); ++i) {
      ::sigaction(kStopSignals[i], &before_[i], nullptr);
    }
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  static int take() {
    const int signal = received;
    received = 0;
    return signal;
  }

 private:
  struct sigaction before_[std::size(kStopSignals)]{};
};

class Family {
 public:
  explicit Family(const SpawnOptions& options) : options_(options), store_(keep_store()) {}
  ~Family() { send(SIGKILL); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  int run() {
    for (std::int64_t rank = 0; rank < options_.processes; ++rank) start(rank);
    while (living() > 0) {
      if (const int signal = Signals::take(); signal != 0) send(signal);
      reap();
      if (code_ != 0 && !stopped_by_signal() && Clock::now() - failed_at_ > options_.grace) {
        send(SIGKILL);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return code_;
  }

 private:
  void start(std::int64_t rank) {
    ChildCommand command;
    command.program = "/proc/self/exe";
    command.words = options_.command;
    command.environment = {{"RANK", std::to_string(rank)},
                           {"WORLD_SIZE", std::to_string(options_.processes)},
                           {"LOCAL_RANK", std::to_string(rank)},
                           {"LOCAL_WORLD_SIZE", std::to_string(options_.processes)},
                           {"MASTER_ADDR", "127.0.0.1"},
                           {"MASTER_PORT", std::to_string(store_->port())},
                           {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                           {"TORCHELASTIC_RESTART_COUNT", "0"}};
    command.death_signal = SIGKILL;
    children_.push_back(std::make_unique<ChildProcess>(command));
  }

  std::size_t living() const {
    std::size_t count = 0;
    for (const auto& child : children_) count += child->running() ? 1 : 0;
    return count;
  }

  void send(int signal) const {
    for (const auto& child : children_) child->send(signal);
  }

  void reap() {
    for (std::size_t rank = 0; rank < children_.size(); ++rank) {
      if (!children_[rank]->running()) continue;
      if (const auto ending = children_[rank]->poll()) judge(rank, *ending);
    }
  }

  /// The first failure determines the exit code; later failures are its consequences.
  void judge(std::size_t rank, const Ending& ending) {
    const int signal = ending.signal;
    const int code = signal != 0 ? 128 + signal : ending.code;
    if (code == 0 || code_ != 0) return;
    code_ = code;
    failed_at_ = Clock::now();
    if (stopped_by_signal()) return;
    const auto how = signal != 0 ? fmt::format("was ended by signal {} ({})", signal,
                                               ::strsignal(signal))  // NOLINT: one thread only
                                 : fmt::format("failed with exit code {}", code);
    std::fprintf(stderr, "staa: error: rank %zu (process %d) %s\n", rank, children_[rank]->id(),
                 how.c_str());
  }

  /// Whether it was a clean stop (129, 130 or 143), which is not a failure.
  bool stopped_by_signal() const {
    return std::any_of(std::begin(kStopSignals), std::end(kStopSignals),
                       [this](int signal) { return code_ == 128 + signal; });
  }

  SpawnOptions options_;
  Signals signals_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ChildProcess>> children_;
  int code_ = 0;
  Clock::time_point failed_at_;
};

}  // namespace

int run_processes(const SpawnOptions& options) { return Family(options).run(); }

}  // namespace staa::distributed
