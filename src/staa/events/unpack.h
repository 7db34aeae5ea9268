#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace staa::events {

/// Unpacks frames of LZ4 or Zstandard that are added piece by piece. Broken data throw Broken.
class Unpacker {
 public:
  virtual ~Unpacker() = default;

  /// Appends the unpacked `bytes` to `out`, whose size may grow to at most `most` bytes.
  virtual void add(const std::uint8_t* bytes, std::size_t count, std::vector<std::uint8_t>& out,
                   std::size_t most) = 0;

  /// Checks that the frame is complete and prepares for the next one.
  virtual void finish() = 0;

  /// Discards the current frame.
  virtual void reset() = 0;
};

std::unique_ptr<Unpacker> make_stored_unpacker();  ///< passes the bytes on unchanged
std::unique_ptr<Unpacker> make_lz4_unpacker();
std::unique_ptr<Unpacker> make_zstd_unpacker();

}  // namespace staa::events
