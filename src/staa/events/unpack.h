#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace staa::events {

/// Unpacks frames of LZ4 or Zstandard, handed in piece by piece. What is broken throws Broken.
class Unpacker {
 public:
  virtual ~Unpacker() = default;

  /// Appends what `bytes` unpack to; the whole may grow to `most` bytes.
  virtual void add(const std::uint8_t* bytes, std::size_t count, std::vector<std::uint8_t>& out,
                   std::size_t most) = 0;

  /// Checks that the frame is whole and makes ready for the next one.
  virtual void finish() = 0;

  /// Forgets the frame under way.
  virtual void reset() = 0;
};

std::unique_ptr<Unpacker> make_stored_unpacker();  ///< hands the bytes on
std::unique_ptr<Unpacker> make_lz4_unpacker();
std::unique_ptr<Unpacker> make_zstd_unpacker();

}  // namespace staa::events
