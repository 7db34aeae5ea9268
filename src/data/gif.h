#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "staa/util/file.h"

namespace staa::data {

/// Writes an animated GIF of 16 colours, a picture at a time; it plays without end. The file
/// appears with finish(). Throws Error(kUsage) for a size that the format does not hold (1 to 65535
/// a side) and Error(kIo).
class GifWriter {
 public:
  using Palette = std::array<std::array<std::uint8_t, 3>, 16>;

  GifWriter(const std::filesystem::path& path, std::int64_t width, std::int64_t height,
            const Palette& palette);

  /// `pixels` are width * height numbers of colours, shown for `hundredths` of a second.
  void add(const std::vector<std::uint8_t>& pixels, std::int64_t hundredths);
  void finish();

 private:
  std::int64_t width_;
  std::int64_t height_;
  AtomicFile file_;
};

}  // namespace staa::data
