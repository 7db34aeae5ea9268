#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace staa::data {

/// The bytes of a file in order, unpacked on the way if the file is gzipped (told by its first two
/// bytes, not by its name). Every error is Error(kInput) naming the file and the offset in the file
/// as it lies on the disk.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills `out` with exactly `count` bytes of `what`; fewer left in the file is an error.
  virtual void read(std::uint8_t* out, std::uint64_t count, const std::string& what) = 0;

  /// Throws unless every byte was read (and, gzipped, the checksum holds).
  virtual void expect_end() = 0;

  /// No more than this many bytes can still follow: an exact count for a plain file, the best that
  /// deflate can do for a gzipped one. Bounds what a header may make its reader allocate.
  virtual std::uint64_t most_left() const = 0;
};

/// Opens a file of at most 4 GiB. Throws Error(kIo) if it cannot be read.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

}  // namespace staa::data
