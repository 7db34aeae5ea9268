#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "staa/data/image.h"

namespace staa::data {

/// Decodes a JPEG in memory: a grey one to 1 channel, a colour one to 3 (RGB). Throws Error(kInput)
/// with `file` and libjpeg-turbo's reason for anything that it so much as warns about (cut off,
/// corrupted), for more than kMaxImagePixels, and for CMYK.
Image decode_jpeg(const std::string& file, const std::uint8_t* bytes, std::size_t count);

}  // namespace staa::data
