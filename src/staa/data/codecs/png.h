#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "staa/data/image.h"

namespace staa::data {

/// Decodes a PNG in memory to 8 bits a channel: grey to 1 channel, RGB and palettes to 3. Alpha is
/// dropped, 16 bits are scaled to 8, gamma is left alone. Throws Error(kInput) with `file` and
/// libpng's reason for a file that is cut off or corrupted, and for more than kMaxImagePixels.
Image decode_png(const std::string& file, const std::uint8_t* bytes, std::size_t count);

/// An image of 1 or 3 channels as the bytes of a PNG file. `pixels` are shape.bytes() bytes,
/// [height, width, channels]. Throws Error(kUsage) for a shape that cannot be written.
std::string encode_png(const ImageShape& shape, const std::uint8_t* pixels);

/// Writes encode_png's bytes to a file, whole or not at all. Throws Error(kIo) as well.
void write_png(const std::filesystem::path& path, const ImageShape& shape,
               const std::uint8_t* pixels);

}  // namespace staa::data
