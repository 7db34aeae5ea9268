#pragma once

#include <cstdint>
#include <functional>
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

/// The rows of a decoded image, or of a part of it, at 1/denominator of its size, from the top.
struct PixelRows {
  ImageShape shape;
  std::int64_t left = 0;  ///< position of the first pixel in the whole image at this scale
  std::int64_t top = 0;
  std::int64_t denominator = 1;
  /// Returns the next row, of shape.width pixels, which stays valid until the next call. It may be
  /// called at most shape.height times.
  std::function<const std::uint8_t*()> next;
};

/// The rows of a whole image, which must outlive the result.
inline PixelRows rows_of(const Image& image) {
  const auto stride = image.shape.width * image.shape.channels;
  return {image.shape, 0, 0, 1,
          [row = image.pixels.data() - stride, stride]() mutable { return row += stride; }};
}

inline Image read_rows(const PixelRows& rows) {
  Image image{rows.shape, {}};
  image.pixels.reserve(static_cast<std::size_t>(rows.shape.bytes()));
  const auto stride = rows.shape.width * rows.shape.channels;
  for (std::int64_t y = 0; y < rows.shape.height; ++y) {
    const std::uint8_t* row = rows.next();
    image.pixels.insert(image.pixels.end(), row, row + stride);
  }
  return image;
}

/// The largest image that a decoder accepts. Memory for the size in the header is allocated before
/// the data are read, so that a small malicious file must not be able to claim more.
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
