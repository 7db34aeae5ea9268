#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "staa/util/file.h"

namespace staa::pictures {

/// Writes an animated GIF with 16 colours, one picture at a time; the animation repeats forever.
/// The file appears with finish(). Throws Error(kUsage) for a size that the format cannot represent
/// (each side has 1 to 65535 pixels) and Error(kIo) if the file cannot be written.
class GifWriter {
 public:
  using Palette = std::array<std::array<std::uint8_t, 3>, 16>;

  GifWriter(const std::filesystem::path& path, std::int64_t width, std::int64_t height,
            const Palette& palette);

  /// Adds a picture that is shown for `hundredths` of a second. `pixels` holds width * height
  /// indices into the palette, row by row from the top.
  void add(const std::vector<std::uint8_t>& pixels, std::int64_t hundredths);

  void finish();  ///< completes the file, which then appears

 private:
  std::int64_t width_;
  std::int64_t height_;
  AtomicFile file_;
};

}  // namespace staa::pictures
