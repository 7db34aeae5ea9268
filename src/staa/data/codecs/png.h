#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "staa/data/image.h"

namespace staa::data {

/// Decodes a PNG in memory to 8 bits per channel: grey to 1 channel, RGB and palettes to 3. Alpha
/// is dropped, 16 bits are scaled to 8, and gamma is ignored. Throws Error(kInput) with `file` and
/// libpng's reason if the file is truncated, corrupted or has more than kMaxImagePixels.
Image decode_png(const std::string& file, const std::uint8_t* bytes, std::size_t count);

/// Encodes an image of 1 or 3 channels as a PNG file. `pixels` are shape.bytes() bytes, [height,
/// width, channels]. Throws Error(kUsage) for a shape that cannot be written.
std::string encode_png(const ImageShape& shape, const std::uint8_t* pixels);

/// Writes the result of encode_png() to a file, atomically. Also throws Error(kIo).
void write_png(const std::filesystem::path& path, const ImageShape& shape,
               const std::uint8_t* pixels);

}  // namespace staa::data
