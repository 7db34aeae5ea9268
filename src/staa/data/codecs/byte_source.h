#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace staa::data {

/// The bytes of a file in order. A gzipped file, which is recognised by its first two bytes and not
/// by its name, is unpacked on the fly. Every error is an Error(kInput) naming the file and the
/// offset in the file on disk.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills `out` with exactly `count` bytes of `what`. Throws if the file has fewer bytes left.
  virtual void read(std::uint8_t* out, std::uint64_t count, const std::string& what) = 0;

  /// Throws unless every byte was read and, for a gzipped file, the checksum is correct.
  virtual void expect_end() = 0;

  /// An upper bound on the number of bytes that can still follow: exact for a plain file, and the
  /// best possible deflate ratio for a gzipped one. It limits what a header can make its reader
  /// allocate.
  virtual std::uint64_t most_left() const = 0;
};

/// Opens a file of at most 4 GiB. Throws Error(kIo) if it cannot be read.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

}  // namespace staa::data
