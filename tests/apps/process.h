#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/support.h"

namespace staa::test {

/// How a process ended and what it printed.
struct Finished {
  int code = -1;  ///< its exit status; -1: ended by a signal
  std::string out;
  std::string err;
};

/// A program with its arguments and the file for its standard input.
struct Command {
  std::string program;
  std::vector<std::string> arguments;
  std::string input = "/dev/null";
};

/// A program that runs in the background.
class Process {
 public:
  explicit Process(const Command& command);
  /// The program `staa`. `before` are words in front of it, such as {"env", "RANK=0"}; the first
  /// one is looked up in $PATH.
  explicit Process(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& before = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for at most a minute until `happened` returns true. Returns false if the program has
  /// ended or the time is up.
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

/// Whether the program is in $PATH.
bool has_program(const std::string& name);

/// Runs another program to its end. A name without a slash is looked up in $PATH. The exit code is
/// 127 if the program is not found.
Finished run_program(const std::string& program, const std::vector<std::string>& arguments);

/// Expects `part`, or each of `parts`, somewhere in `text`.
inline void expect_holds(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "expected \"" << part << "\", found: " << text;
}
inline void expect_holds_all(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts) expect_holds(text, part);
}

}  // namespace staa::test
