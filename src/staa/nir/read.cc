#include "staa/nir/read.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

#include "staa/events/hdf5_handle.h"
#include "staa/nir/hdf5_reader.h"
#include "staa/nir/transfer.h"
#include "staa/util/error.h"

namespace staa::nir {
namespace {

/// What the child sends first: that a node follows, or the kind of an error and its message.
constexpr char kNodeFollows = 'n';
constexpr char kErrorFollows = 'e';

/// What the child has to say, in bytes.
std::string answer(const std::filesystem::path& path) {
  try {
    return kNodeFollows + to_bytes(read_hdf5(path));
  } catch (const Error& error) {
    return std::string{kErrorFollows, static_cast<char>(error.kind())} + error.what();
  } catch (const std::exception& error) {
    return std::string{kErrorFollows, static_cast<char>(ErrorKind::kRuntime)} + error.what();
  }
}

[[noreturn]] void answer_and_exit(const std::filesystem::path& path, int pipe) {
  const auto bytes = answer(path);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto count = ::write(pipe, bytes.data() + sent, bytes.size() - sent);
    if (count < 0 && errno != EINTR) ::_exit(1);
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  ::_exit(0);
}

std::string receive(int pipe) {
  std::string bytes;
  char block[65536];
  for (;;) {
    const auto count = ::read(pipe, block, sizeof block);
    if (count == 0 || (count < 0 && errno != EINTR)) return bytes;
    if (count > 0) bytes.append(block, static_cast<std::size_t>(count));
  }
}

/// Returns whether the process ended by itself and said that all went well.
bool ended_well(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Node read(const std::filesystem::path& path) {
  int ends[2];
  if (::pipe(ends) != 0) fail_errno(path.string(), "cannot make a pipe to a process that reads it");
  pid_t process = 0;
  {
    // No other thread is within HDF5 when the process is copied, and the child has it to itself.
    const std::lock_guard<std::mutex> lock(events::hdf5_mutex());
    process = ::fork();
    if (process == 0) {
      ::close(ends[0]);
      answer_and_exit(path, ends[1]);
    }
  }
  const int reason = errno;
  ::close(ends[1]);
  if (process < 0) {
    ::close(ends[0]);
    fail(ErrorKind::kIo, "{}: cannot start a process that reads it: {}", path.string(),
         std::strerror(reason));
  }
  auto bytes = receive(ends[0]);
  ::close(ends[0]);
  if (!ended_well(process) || bytes.empty()) {
    fail(ErrorKind::kInput, "{}: the HDF5 library crashed while reading it: the file is damaged",
         path.string());
  }
  if (bytes[0] == kErrorFollows) throw Error(static_cast<ErrorKind>(bytes[1]), bytes.substr(2));
  return from_bytes(bytes.erase(0, 1));
}

}  // namespace staa::nir
