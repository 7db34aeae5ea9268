#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace staa::experiment {

/// What to start, and how.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::filesystem::path log;  ///< standard output and error are added to this file
  std::vector<std::pair<std::string, std::string>> environment;  ///< set besides our own
};

/// How a process ended.
struct Ending {
  int code = 0;    ///< its exit status, where no signal ended it
  int signal = 0;  ///< that ended it, or 0

  bool success() const { return code == 0 && signal == 0; }
  std::string describe() const;  ///< "exit code 1", "killed by signal 9"
};

/// A process in a group of its own, so that Ctrl-C on the terminal reaches only us; it is sent
/// SIGTERM by the system when we end without having waited for it.
class Child {
 public:
  /// Throws Error(kIo) when it cannot be started or its log cannot be opened.
  explicit Child(const Command& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// How it ended, or nothing while it runs.
  std::optional<Ending> poll();
  void send(int signal) const;

 private:
  pid_t pid_ = -1;
  std::optional<Ending> ending_;
};

}  // namespace staa::experiment
