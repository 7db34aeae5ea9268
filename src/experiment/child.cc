#include "staa/experiment/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "staa/util/error.h"

namespace staa::experiment {
namespace {

constexpr int kCannotStart = 127;  // as a shell says it

/// What the new process does before it becomes the program. No memory is allocated here.
[[noreturn]] void become(const Command& command, char* const* arguments, int log, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kCannotStart);  // it ended before the line above
  for (const auto& [name, value] : command.environment) {
    ::setenv(name.c_str(), value.c_str(), /*replace=*/1);
  }
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(command.program.c_str(), arguments);
  ::_exit(kCannotStart);
}

}  // namespace

std::string Ending::describe() const {
  return signal != 0 ? fmt::format("killed by signal {}", signal)
                     : fmt::format("exit code {}", code);
}

Child::Child(const Command& command) {
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int log = ::open(command.log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
  if (log < 0) fail_errno(command.log.string(), "cannot write");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(command, arguments.data(), log, parent);
  const int reason = errno;
  ::close(log);
  errno = reason;
  if (pid_ < 0) fail_errno(command.program.string(), "cannot start");
}

Child::~Child() {
  if (ending_) return;
  send(SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

std::optional<Ending> Child::poll() {
  int status = 0;
  if (!ending_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    Ending ending;
    if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
    if (WIFEXITED(status)) ending.code = WEXITSTATUS(status);
    ending_ = ending;
  }
  return ending_;
}

void Child::send(int signal) const { ::kill(pid_, signal); }

}  // namespace staa::experiment
