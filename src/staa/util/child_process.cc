#include "staa/util/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "staa/util/error.h"

namespace staa {
namespace {

constexpr int kCannotStart = 127;  // as in a shell

/// Pointers into `words`, in the form that exec needs.
std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  list.reserve(words.size() + 1);
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

/// This process's environment, with the variables in `own` replacing those of the same name.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& own) {
  std::vector<std::string> all;
  for (const auto& [name, value] : own) {
    all.push_back(name);
    all.back().append("=").append(value);
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& variable : own) replaced = replaced || variable.first == name;
    if (!replaced) all.push_back(text);
  }
  return all;
}

/// The arguments for exec. All are made before the fork, after which no memory may be allocated.
struct Start {
  const char* program;
  char* const* words;
  char* const* variables;
  int log;  // -1: inherited
  int death_signal;
  pid_t parent;
};

[[noreturn]] void become(const Start& start) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, start.death_signal);
  if (::getppid() != start.parent) ::_exit(kCannotStart);  // it ended before prctl was called
  if (start.log >= 0) {
    ::dup2(start.log, STDOUT_FILENO);
    ::dup2(start.log, STDERR_FILENO);
  }
  ::execve(start.program, start.words, start.variables);
  ::_exit(kCannotStart);
}

}  // namespace

std::string Ending::describe() const {
  return signal != 0 ? fmt::format("killed by signal {}", signal)
                     : fmt::format("exit code {}", code);
}

ChildProcess::ChildProcess(const ChildCommand& command) {
  auto words = command.words;
  auto environment = environment_with(command.environment);
  const auto arguments = pointers(words);
  const auto variables = pointers(environment);
  int log = -1;
  if (!command.log.empty()) {
    log = ::open(command.log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0) fail_errno(command.log.string(), "cannot write");
  }
  const Start start{command.program.c_str(), arguments.data(), variables.data(), log,
                    command.death_signal,    ::getpid()};
  pid_ = ::fork();
  if (pid_ == 0) become(start);
  const int reason = errno;
  if (log >= 0) ::close(log);
  errno = reason;
  if (pid_ < 0) fail_errno(command.words.front(), "cannot start");
}

ChildProcess::~ChildProcess() {
  if (ending_) return;
  send(SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

std::optional<Ending> ChildProcess::poll() {
  int status = 0;
  if (!ending_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    Ending ending;
    if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
    if (WIFEXITED(status)) ending.code = WEXITSTATUS(status);
    ending_ = ending;
  }
  return ending_;
}

void ChildProcess::send(int signal) const {
  if (!ending_) ::kill(pid_, signal);
}

}  // namespace staa
