#include "staa/nir/read.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string>

#include "staa/events/hdf5_handle.h"
#include "staa/nir/hdf5_reader.h"
#include "staa/nir/transfer.h"
#include "staa/util/error.h"

namespace staa::nir {
namespace {

/// What the child sends: that a node follows, or the kind of an error and its message; then kEnd.
constexpr char kNodeFollows = 'n';
constexpr char kErrorFollows = 'e';
constexpr char kEnd = '.';

std::string answer(const std::filesystem::path& path) {
  const auto error = [](ErrorKind kind, const std::string& message) {
    return std::string{kErrorFollows, static_cast<char>(kind)} + message + kEnd;
  };
  try {
    return kNodeFollows + to_bytes(read_hdf5(path)) + kEnd;
  } catch (const Error& e) {
    return error(e.kind(), e.what());
  } catch (const std::exception& e) {
    return error(ErrorKind::kRuntime, path.string() + ": " + e.what());
  }
}

/// The child's work. It allocates memory after the fork, which glibc allows. Nothing that it throws
/// reaches the handlers of the program that it is a copy of: it ends instead.
[[noreturn]] void answer_and_exit(const std::filesystem::path& path, int pipe) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const auto bytes = answer(path);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto count = ::write(pipe, bytes.data() + sent, bytes.size() - sent);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  ::_exit(0);
}

/// A child that reads a file. The destructor ends it.
class Child {
 public:
  explicit Child(const std::filesystem::path& path) {
    // No other thread is within HDF5 when the process is copied, and the child has it to itself.
    const std::lock_guard<std::mutex> lock(events::hdf5_mutex());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      fail_errno(path.string(), "cannot make a pipe to a process that reads it");
    }
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[0]);
      answer_and_exit(path, ends[1]);
    }
    const int reason = errno;
    ::close(ends[1]);
    pipe_ = ends[0];
    if (process_ < 0) {
      ::close(pipe_);
      fail(ErrorKind::kIo, "{}: cannot start a process that reads it: {}", path.string(),
           std::strerror(reason));
    }
  }
  ~Child() {
    ::close(pipe_);
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      wait();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// All that the child sends until it ends.
  std::string receive() {
    std::string bytes;
    char block[65536];
    for (;;) {
      const auto count = ::read(pipe_, block, sizeof block);
      if (count == 0 || (count < 0 && errno != EINTR)) return bytes;
      if (count > 0) bytes.append(block, static_cast<std::size_t>(count));
    }
  }

  /// Returns the signal that ended the child, or 0. It is unknown, and 0, if this program ignores
  /// SIGCHLD.
  int wait() {
    int status = 0;
    pid_t ended = 0;
    do {
      ended = ::waitpid(process_, &status, 0);
    } while (ended < 0 && errno == EINTR);
    process_ = -1;
    return ended > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  int pipe_ = -1;
  pid_t process_ = -1;
};

}  // namespace

Node read(const std::filesystem::path& path) {
  Child child(path);
  auto bytes = child.receive();
  const int signal = child.wait();
  if (bytes.size() < 2 || bytes.back() != kEnd) {
    if (signal == SIGKILL || signal == SIGTERM || signal == SIGINT) {
      fail(ErrorKind::kRuntime, "{}: the process that read it was stopped by signal {}",
           path.string(), signal);
    }
    fail(ErrorKind::kInput, "{}: the HDF5 library crashed while reading it: the file is damaged",
         path.string());
  }
  bytes.pop_back();
  if (bytes[0] == kErrorFollows) throw Error(static_cast<ErrorKind>(bytes[1]), bytes.substr(2));
  return from_bytes(bytes.erase(0, 1));
}

}  // namespace staa::nir
