#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
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

/// Runs a reader on bytes that lie in a file without a folder.
inline void read_bytes(Reader read, const std::uint8_t* bytes, std::size_t count) {
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ::write(file, bytes, count) != static_cast<ssize_t>(count)) {
    throw std::runtime_error("cannot make a file in memory");
  }
  try {
    read("/proc/self/fd/" + std::to_string(file));
  } catch (const Error&) {
    // A broken file, refused as it should be.
  } catch (...) {
    ::close(file);
    throw;
  }
  ::close(file);
}

}  // namespace staa::fuzz
