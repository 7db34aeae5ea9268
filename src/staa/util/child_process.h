#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace staa {

/// The program to start, and how to start it.
struct ChildCommand {
  std::filesystem::path program;   ///< the executable file
  std::vector<std::string> words;  ///< the command line, starting with the program's name
  std::filesystem::path log;       ///< standard output and error are appended; "": inherited
  std::vector<std::pair<std::string, std::string>> environment;  ///< set in addition to ours
  int death_signal = SIGTERM;  ///< sent by the system if this process ends before the child
};

/// How a process ended.
struct Ending {
  int code = 0;    ///< the exit status if no signal ended it
  int signal = 0;  ///< the signal that ended it, or 0

  bool success() const { return code == 0 && signal == 0; }
  std::string describe() const;  ///< "exit code 1", "killed by signal 9"
};

/// A process in its own process group, so that Ctrl-C on the terminal reaches only this program.
/// The destructor sends it SIGTERM and waits for it.
class ChildProcess {
 public:
  /// Throws Error(kIo) if it cannot be started or its log cannot be opened. If the program does not
  /// exist, the exit code is 127, as in a shell.
  explicit ChildProcess(const ChildCommand& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return pid_; }
  /// True until poll() has returned how it ended.
  bool running() const { return !ending_; }
  /// Returns how it ended, or nothing while it is running.
  std::optional<Ending> poll();
  /// Sends a signal. Does nothing if the process has ended.
  void send(int signal) const;

 private:
  pid_t pid_ = -1;
  std::optional<Ending> ending_;
};

}  // namespace staa
