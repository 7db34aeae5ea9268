#pragma once

#include <zlib.h>

#include <string>

namespace staa::test {

/// Compresses `data` with zlib. `window_bits` selects the container format, as in deflateInit2.
inline std::string deflate(const std::string& data, int window_bits) {
  z_stream stream{};
  ::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string packed(::deflateBound(&stream, data.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

/// Compresses without a container, as in a zip archive.
inline std::string deflate_raw(const std::string& data) { return deflate(data, -MAX_WBITS); }

/// Compresses to a gzip file.
inline std::string gzip(const std::string& data) { return deflate(data, 16 + MAX_WBITS); }

}  // namespace staa::test
