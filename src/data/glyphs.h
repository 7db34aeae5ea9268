#pragma once

#include <string>

#include "staa/data/image.h"

namespace staa::data {

constexpr std::int64_t kGlyphWidth = 8;    ///< with the space behind it
constexpr std::int64_t kGlyphHeight = 10;  ///< capitals alone

/// Writes `text` in white, its upper left corner at (left, top), as far as it fits before `right`.
/// Letters become capitals, what there is no glyph for a space. All of it lies in the image, RGB.
void draw_text(Image& image, const std::string& text, std::int64_t left, std::int64_t top,
               std::int64_t right);

}  // namespace staa::data
