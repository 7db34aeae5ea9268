#include "staa/util/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa {
namespace {

/// Closes a descriptor at the end of its scope.
struct Descriptor {
  int value;
  explicit Descriptor(int v) : value(v) {}
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot flush a folder; the rename itself has already succeeded.
  if (fd.value >= 0) (void)::fsync(fd.value);
}

/// Where the bytes of a file go: directly to a descriptor, or to a regular file, which may not
/// exist yet.
struct Place {
  int descriptor = -1;
  std::filesystem::path target;
};

/// The number N of a path /dev/fd/N or /proc/self/fd/N, or -1.
int own_descriptor(const std::filesystem::path& path) {
  std::error_code code;
  const auto folder = std::filesystem::canonical(path.parent_path(), code);
  if (code || folder != std::filesystem::canonical("/proc/self/fd", code) || code) return -1;
  const auto name = path.filename().string();
  if (name.empty() || name.size() > 6 ||
      name.find_first_not_of("0123456789") != std::string::npos) {
    return -1;
  }
  return std::stoi(name);
}

Place find_place(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;  // the limit of Linux
  auto target = path;
  std::error_code code;
  for (int links = 0;; ++links) {
    // If it were opened by its name, a redirected file would be truncated or replaced.
    if (const int own = own_descriptor(target); own >= 0) {
      const int descriptor = ::fcntl(own, F_DUPFD_CLOEXEC, 0);
      if (descriptor < 0) fail_errno(path.string(), "cannot write here");
      return {descriptor, {}};
    }
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(target, code))) break;
    const auto next = std::filesystem::read_symlink(target, code);
    if (links == kMostLinks) code = std::make_error_code(std::errc::too_many_symbolic_link_levels);
    if (code) fail(ErrorKind::kIo, "{}: cannot read this link: {}", path.string(), code.message());
    target = target.parent_path() / next;
  }
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return {-1, target};
  if (S_ISDIR(status.st_mode)) {
    fail(ErrorKind::kIo, "{}: cannot write here: it is a folder", path.string());
  }
  const int descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) fail_errno(path.string(), "cannot write here");
  return {descriptor, {}};
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::vector<std::uint8_t> bytes;
  read_file(path, bytes, max_bytes);
  return bytes;
}

void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes,
               std::uint64_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes) {
    fail(ErrorKind::kInput, "{}: too large: expected at most {} bytes, found {}", file.name(),
         max_bytes, file.size());
  }
  bytes.resize(file.size());
  file.read_at(0, bytes.data(), bytes.size());
}

std::string read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const auto bytes = read_file(path, max_bytes);
  return {bytes.begin(), bytes.end()};
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  const auto place = find_place(path_);
  descriptor_ = place.descriptor;
  if (descriptor_ >= 0) return;
  target_ = place.target;
  std::string name = target_.string() + ".tmp-XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail_errno(path_.string(), "cannot write here");
  temporary_ = name;
  // mkostemp makes the file private. Give it the mode that a plain open would give.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  (void)::fchmod(descriptor_, 0666 & ~mask);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t wrote = ::write(descriptor_, next, count);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail_errno(path_.string(), "cannot write");
    next += wrote;
    count -= static_cast<std::size_t>(wrote);
  }
}

void AtomicFile::commit(bool durable) {
  // Devices and FIFOs have nothing to flush.
  if (durable && !temporary_.empty() && ::fsync(descriptor_) != 0) {
    fail_errno(path_.string(), "cannot flush to disk");
  }
  const int fd = std::exchange(descriptor_, -1);
  if (::close(fd) != 0) fail_errno(path_.string(), "cannot close");
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail_errno(path_.string(), "cannot rename the finished file to this name");
  }
  temporary_.clear();
  if (!durable) return;
  const auto folder = target_.parent_path();
  sync_folder(folder.empty() ? "." : folder);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void write_file_atomically(const std::filesystem::path& path,
                           const std::vector<std::uint8_t>& bytes) {
  AtomicFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

void make_folder(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) fail(ErrorKind::kIo, "{}: cannot make this folder: {}", path.string(), code.message());
}

}  // namespace staa
