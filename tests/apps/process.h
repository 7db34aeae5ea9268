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

/// A program running in the background: `staa`, unless another is named.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments,
                   const std::string& program = STAA_PROGRAM);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits until `happened`, for at most a minute. False: it ended, or the time was up, before.
  bool wait_for(const std::function<bool()>& happened);
  void send(int signal) const;
  Finished wait();

 private:
  bool poll();

  TempFolder folder_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// Runs `staa` with these arguments to its end.
Finished run_staa(const std::vector<std::string>& arguments);

/// Runs another program to its end; a name without a slash is looked for in PATH. Exit code 127: it
/// is not there.
Finished run_program(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace staa::test
