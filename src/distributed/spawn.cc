#include "staa/distributed/spawn.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>

#include "staa/distributed/store.h"
#include "staa/util/error.h"

namespace staa::distributed {
namespace {

using Clock = std::chrono::steady_clock;

// A handler can reach nothing but globals.
volatile std::sig_atomic_t received = 0;
extern "C" void note_signal(int signal) { received = signal; }

/// Notes SIGINT and SIGTERM while it lives.
class Signals {
 public:
  Signals() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &before_[0]);
    ::sigaction(SIGTERM, &action, &before_[1]);
  }
  ~Signals() {
    ::sigaction(SIGINT, &before_[0], nullptr);
    ::sigaction(SIGTERM, &before_[1], nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  static int take() {
    const int signal = received;
    received = 0;
    return signal;
  }

 private:
  struct sigaction before_[2]{};
};

struct Child {
  pid_t process = -1;
  bool ended = false;
};

/// Pointers into `words`, as exec takes them.
std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

/// This process's environment without what stands for the same as `own`, and `own`.
std::vector<std::string> child_environment(const std::vector<std::string>& own) {
  std::vector<std::string> all = own;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const auto& word : own) replaced = replaced || word.rfind(name, 0) == 0;
    if (!replaced) all.push_back(text);
  }
  return all;
}

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
    auto words = options_.command;
    auto environment = child_environment(
        {fmt::format("RANK={}", rank), fmt::format("WORLD_SIZE={}", options_.processes),
         fmt::format("LOCAL_RANK={}", rank), fmt::format("LOCAL_WORLD_SIZE={}", options_.processes),
         "MASTER_ADDR=127.0.0.1", fmt::format("MASTER_PORT={}", store_->port()),
         "TORCHELASTIC_USE_AGENT_STORE=True", "TORCHELASTIC_RESTART_COUNT=0"});
    const auto arguments = pointers(words);
    const auto variables = pointers(environment);
    const pid_t parent = ::getpid();
    const pid_t process = ::fork();
    if (process < 0) fail_errno(options_.command[0], "cannot start a process");
    if (process == 0) {
      // Ctrl-C reaches the parent, which passes it on once.
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() == parent) ::execve("/proc/self/exe", arguments.data(), variables.data());
      ::_exit(127);
    }
    children_.push_back({process, false});
  }

  std::size_t living() const {
    std::size_t count = 0;
    for (const auto& child : children_) count += child.ended ? 0 : 1;
    return count;
  }

  void send(int signal) const {
    for (const auto& child : children_) {
      if (!child.ended) ::kill(child.process, signal);
    }
  }

  void reap() {
    for (std::size_t rank = 0; rank < children_.size(); ++rank) {
      auto& child = children_[rank];
      int status = 0;
      if (child.ended || ::waitpid(child.process, &status, WNOHANG) != child.process) continue;
      child.ended = true;
      judge(rank, status);
    }
  }

  /// The first that fails decides the exit code; what the others say after it is its consequence.
  void judge(std::size_t rank, int status) {
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const int code = signal != 0 ? 128 + signal : WEXITSTATUS(status);
    if (code == 0 || code_ != 0) return;
    code_ = code;
    failed_at_ = Clock::now();
    if (stopped_by_signal()) return;
    const auto how = signal != 0 ? fmt::format("was ended by signal {} ({})", signal,
                                               ::strsignal(signal))  // NOLINT: one thread does
                                 : fmt::format("failed with exit code {}", code);
    std::fprintf(stderr, "staa: error: rank %zu (process %d) %s\n", rank, children_[rank].process,
                 how.c_str());
  }

  /// A clean stop: 130 or 143, not a failure.
  bool stopped_by_signal() const { return code_ == 128 + SIGINT || code_ == 128 + SIGTERM; }

  SpawnOptions options_;
  Signals signals_;
  std::unique_ptr<Store> store_;
  std::vector<Child> children_;
  int code_ = 0;
  Clock::time_point failed_at_;
};

}  // namespace

int run_processes(const SpawnOptions& options) { return Family(options).run(); }

}  // namespace staa::distributed
