#include "staa/util/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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
  // Some file systems cannot sync a folder; the rename itself has succeeded by then.
  if (fd.value >= 0) (void)::fsync(fd.value);
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
  std::string name = path_.string() + ".tmp-XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail_errno(path_.string(), "cannot write here");
  temporary_ = name;
  // mkostemp makes the file private; give it the mode that a plain open would have.
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
  if (durable && ::fsync(descriptor_) != 0) fail_errno(path_.string(), "cannot flush to disk");
  const int fd = std::exchange(descriptor_, -1);
  if (::close(fd) != 0) fail_errno(path_.string(), "cannot close");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_errno(path_.string(), "cannot rename the finished file to this name");
  }
  temporary_.clear();
  if (!durable) return;
  const auto folder = path_.parent_path();
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
