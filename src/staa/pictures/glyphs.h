#pragma once

#include <cstdint>
#include <string>

#include "staa/data/image.h"

namespace staa::pictures {

constexpr std::int64_t kGlyphWidth = 8;    ///< pixels, with the space after the glyph
constexpr std::int64_t kGlyphHeight = 10;  ///< pixels; there are capitals only

/// Writes `text` in white with its upper left corner at (left, top), up to the last glyph that fits
/// before `right`. Letters become capitals, and a character without a glyph becomes a space.
/// `image` is RGB and must contain the whole text.
void draw_text(data::Image& image, const std::string& text, std::int64_t left, std::int64_t top,
               std::int64_t right);

}  // namespace staa::pictures
