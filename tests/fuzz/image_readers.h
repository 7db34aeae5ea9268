#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "fuzz/reader.h"
#include "staa/data/augment/crop.h"
#include "staa/data/codecs/jpeg.h"
#include "staa/data/codecs/png.h"
#include "staa/util/file.h"

namespace staa::fuzz {

/// Larger images take seconds with sanitizers and find nothing more.
constexpr std::int64_t kMaxFuzzedPixels = 1 << 16;

inline bool is_small(std::int64_t width, std::int64_t height) {
  return width > 0 && height > 0 && width <= kMaxFuzzedPixels / height;
}

/// Decodes the whole image, and random parts of it at each scale, as training does.
inline void read_jpeg(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  const auto shape = data::JpegReader(path.string(), bytes.data(), bytes.size()).shape();
  if (!is_small(shape.width, shape.height)) return;
  Random random{bytes.size()};
  for (const std::int64_t denominator : {1, 2, 4, 8}) {
    data::JpegReader reader(path.string(), bytes.data(), bytes.size());
    const auto box = data::random_resized_crop(shape.width, shape.height, 0.08, random);
    data::Image out{{3, 5, 7}, {}};
    data::resize(box, reader.rows(box, denominator, 3), out);
    reader.finish();
  }
  if (data::decode_jpeg(path.string(), bytes.data(), bytes.size()).pixels.size() !=
      static_cast<std::size_t>(shape.bytes())) {
    throw std::logic_error(path.string() + ": another number of pixels");
  }
}

/// A PNG states its size at a fixed offset. The decoder must refuse a wrong size.
inline void read_png(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  const auto word = [&](std::size_t at) {
    std::int64_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | bytes[i];
    return value;
  };
  if (bytes.size() >= 24 && !is_small(std::max<std::int64_t>(word(16), 1), word(20))) return;
  const auto image = data::decode_png(path.string(), bytes.data(), bytes.size());
  if (image.pixels.size() != static_cast<std::size_t>(image.shape.bytes())) {
    throw std::logic_error(path.string() + ": another number of pixels");
  }
}

constexpr NamedReader kImageReaders[] = {{"jpeg", read_jpeg}, {"png", read_png}};

}  // namespace staa::fuzz
