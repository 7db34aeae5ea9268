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

/// Reads a file in the way of one reader; every failure is a staa::Error.
using Reader = void (*)(const std::filesystem::path&);

/// The readers by the names of their corpora.
struct NamedReader {
  const char* name;
  Reader read;
};

/// A file that lasts as long as this object, in memory where the system has such a folder. It has a
/// real path: HDF5's library refuses a file that lies in no folder, before it reads a byte of it.
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

/// Runs a reader on a file of these bytes.
inline void read_bytes(Reader read, const std::uint8_t* bytes, std::size_t count) {
  const ShortLivedFile file(bytes, count);
  try {
    read(file.path());
  } catch (const Error&) {
    // A broken file, refused as it should be.
  }
}

}  // namespace staa::fuzz
