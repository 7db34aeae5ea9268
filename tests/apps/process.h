#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/support.h"

namespace staa::test {

/// How a process ended and what it said.
struct Finished {
  int code = -1;  ///< its exit status; -1: a signal ended it
  std::string out;
  std::string err;
};

/// A program with its arguments and the file that it gets as standard input.
struct Command {
  std::string program;
  std::vector<std::string> arguments;
  std::string input = "/dev/null";
};

/// A program, running in the background on one thread.
class Process {
 public:
  explicit Process(const Command& command);
  /// The program `staa`; `before` are words that stand before it, looked up in $PATH:
  /// {"env", "RANK=0"}.
  explicit Process(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& before = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits until `happened`, for at most a minute. False: it ended, or the time was up, before.
  bool wait_for(const std::function<bool()>& happened);
  void send(int signal) const;
  pid_t id() const { return pid_; }
  Finished wait();

 private:
  bool poll();

  TempFolder folder_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// Runs `staa` with these arguments to its end.
Finished run_staa(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& before = {});

/// Whether $PATH has this program.
bool has_program(const std::string& name);

/// Runs another program to its end; a name without a slash is looked for in PATH. Exit code 127: it
/// is not there.
Finished run_program(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace staa::test
