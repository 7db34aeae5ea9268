#include "staa/run/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "staa/util/error.h"

namespace staa::run {
namespace {

/// "process 1234 on HOST".
std::string own_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("process {} on {}", ::getpid(),
                     host[0] != '\0' ? host.data() : "this machine");
}

/// The text that the holder wrote, as one printable line.
std::string holder_of(int descriptor) {
  std::array<char, 512> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  std::string line;
  for (ssize_t i = 0; i < size; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c == '\n') break;
    line += c >= ' ' && c <= '~' ? c : '?';
  }
  return line.empty() ? "another process" : line;
}

/// Whether `path` still names the open file: its last holder deletes it.
bool is_named(const std::filesystem::path& path, int descriptor) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder) { lock(folder); }

void RunLock::lock(const std::filesystem::path& folder) {
  path_ = folder / "run.lock";
  for (;;) {
    const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) fail_errno(path_.string(), "cannot write");
    int status = 0;
    do {
      status = ::flock(descriptor, LOCK_EX | LOCK_NB);
    } while (status != 0 && errno == EINTR);
    if (status != 0 && errno == EWOULDBLOCK) {
      const auto holder = holder_of(descriptor);
      ::close(descriptor);
      fail(ErrorKind::kUsage,
           "{}: {} is training in this folder: wait for it, stop it, or use another --out",
           folder.string(), holder);
    }
    if (status == 0 && !is_named(path_, descriptor)) {
      ::close(descriptor);
      continue;
    }
    descriptor_ = descriptor;
    break;
  }
  const auto text = own_name() + "\n";
  // The name is only for messages; the lock works without it.
  if (::ftruncate(descriptor_, 0) == 0) (void)!::pwrite(descriptor_, text.data(), text.size(), 0);
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace staa::run
