#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "staa/util/error.h"

namespace staa::fuzz {

/// Reads a file with one of the readers. Every failure is a staa::Error.
using Reader = void (*)(const std::filesystem::path&);

/// A reader and the name of its corpus.
struct NamedReader {
  const char* name;
  Reader read;
};

/// A temporary file, in memory if the system has /dev/shm. It has a path in a folder, since the
/// HDF5 library refuses a file without one before it reads any byte.
class ShortLivedFile {
 public:
  ShortLivedFile(const std::uint8_t* bytes, std::size_t count) {
    const std::filesystem::path memory = "/dev/shm";
    auto path =
        (std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
        "staa-fuzz-XXXXXX";
    path_ = path.string();
    const int file = ::mkstemp(path_.data());
    if (file < 0 || ::write(file, bytes, count) != static_cast<ssize_t>(count)) {
      throw std::runtime_error("cannot make a file in " + path.parent_path().string());
    }
    ::close(file);
  }
  ~ShortLivedFile() { ::unlink(path_.c_str()); }
  ShortLivedFile(const ShortLivedFile&) = delete;
  ShortLivedFile& operator=(const ShortLivedFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Runs a reader on a file with these bytes.
inline void read_bytes(Reader read, const std::uint8_t* bytes, std::size_t count) {
  const ShortLivedFile file(bytes, count);
  try {
    read(file.path());
  } catch (const Error&) {
    // A broken file must be refused.
  }
}

}  // namespace staa::fuzz
