#pragma once

#include <array>
#include <cstdint>

namespace staa::analysis {

/// The colour for `value`, clamped to [0, 1] (0 for NaN), from dark violet over blue and green to
/// yellow, as RGB. Steps of equal size look equally large: they are equally long in OKLab, and
/// lightness rises all the way, so that the map holds in grey and for the colour-blind.
std::array<std::uint8_t, 3> colour_of(double value);

}  // namespace staa::analysis
