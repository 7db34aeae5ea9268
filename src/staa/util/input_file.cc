#include "staa/util/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "staa/util/error.h"

namespace staa {
namespace {

/// The size of a regular file. Throws the errors of InputFile's constructor.
std::uint64_t size_of(int descriptor, const std::string& name) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) fail_errno(name, "cannot stat");
  if (!S_ISREG(info.st_mode)) fail(ErrorKind::kInput, "{}: expected a regular file", name);
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path)
    : name_(path.string()), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail_errno(name_, "cannot open");
  try {
    size_ = size_of(descriptor_, name_);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read_at(std::uint64_t offset, void* out, std::size_t count) const {
  auto* next = static_cast<char*>(out);
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        ::pread(descriptor_, next + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno(name_, "cannot read");
    if (got == 0) {
      fail(ErrorKind::kIo, "{}: shrank while being read: expected {} bytes, found {}", name_,
           offset + count, offset + done);
    }
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace staa
