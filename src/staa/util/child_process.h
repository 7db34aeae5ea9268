#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace staa {

/// What to start, and how.
struct ChildCommand {
  std::filesystem::path program;   ///< the file that is run
  std::vector<std::string> words;  ///< the command line, its own name first
  std::filesystem::path
      log;  ///< standard output and error are added to this file; "": ours are its
  std::vector<std::pair<std::string, std::string>> environment;  ///< set besides our own
  int death_signal = SIGTERM;  ///< sent by the system when we end without having waited
};

/// How a process ended.
struct Ending {
  int code = 0;    ///< its exit status, where no signal ended it
  int signal = 0;  ///< that ended it, or 0

  bool success() const { return code == 0 && signal == 0; }
  std::string describe() const;  ///< "exit code 1", "killed by signal 9"
};

/// A process in a group of its own, so that Ctrl-C on the terminal reaches only us. With this
/// object's end it is sent SIGTERM and waited for.
class ChildProcess {
 public:
  /// Throws Error(kIo) when it cannot be started or its log cannot be opened. A program that is not
  /// there ends with 127, as in a shell.
  explicit ChildProcess(const ChildCommand& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return pid_; }
  /// Until poll() has told how it ended.
  bool running() const { return !ending_; }
  /// How it ended, or nothing while it runs.
  std::optional<Ending> poll();
  /// Nothing where it has ended.
  void send(int signal) const;

 private:
  pid_t pid_ = -1;
  std::optional<Ending> ending_;
};

}  // namespace staa
