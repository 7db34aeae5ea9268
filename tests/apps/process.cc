#include "apps/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "staa/util/file.h"

namespace staa::test {

namespace {

Command with_words_before(std::vector<std::string> words,
                          const std::vector<std::string>& arguments) {
  words.emplace_back(STAA_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return {words.front(), {words.begin() + 1, words.end()}};
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& before)
    : Process(with_words_before(before, arguments)) {}

Process::Process(const Command& command) {
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto out = (folder_ / "out").string();
  const auto err = (folder_ / "err").string();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::dup2(::open(command.input.c_str(), O_RDONLY), STDIN_FILENO);
    ::dup2(::open(out.c_str(), O_CREAT | O_WRONLY, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_CREAT | O_WRONLY, 0600), STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (ended_) return;
  send(SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

bool Process::poll() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

bool Process::wait_for(const std::function<bool()>& happened) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!poll() && std::chrono::steady_clock::now() < deadline) {
    if (happened()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

void Process::send(int signal) const { ::kill(pid_, signal); }

Finished Process::wait() {
  if (!ended_) ::waitpid(pid_, &status_, 0);
  ended_ = true;
  Finished finished;
  if (WIFEXITED(status_)) finished.code = WEXITSTATUS(status_);
  finished.out = read_text_file(folder_ / "out");
  finished.err = read_text_file(folder_ / "err");
  return finished;
}

Finished run_staa(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& before) {
  return Process(arguments, before).wait();
}

bool has_program(const std::string& name) {
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

Finished run_program(const std::string& program, const std::vector<std::string>& arguments) {
  return Process(Command{program, arguments}).wait();
}

}  // namespace staa::test
