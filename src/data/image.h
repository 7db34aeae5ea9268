#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/data/dataset.h"
#include "staa/util/error.h"

namespace staa::data {

/// One image: shape.bytes() bytes in [height, width, channels] order.
struct Image {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;
};

/// A rectangle of pixels.
struct Box {
  std::int64_t left = 0;
  std::int64_t top = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// The largest image a decoder accepts: what a header promises is allocated before the data behind
/// it is seen, so a small malicious file must not be able to promise more.
constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 26;

/// Throws Error(kInput) unless 1 <= width * height <= kMaxImagePixels.
inline void check_image_extent(const std::string& file, std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1 || width > kMaxImagePixels / height) {
    fail(ErrorKind::kInput, "{}: image of {}x{} pixels: expected 1 to {} pixels in all", file,
         width, height, kMaxImagePixels);
  }
}

/// "32x32x3" (height, width, channels) for messages.
inline std::string describe(const ImageShape& shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

}  // namespace staa::data
