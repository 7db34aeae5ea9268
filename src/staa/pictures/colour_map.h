#pragma once

#include <array>
#include <cstdint>

namespace staa::pictures {

/// The RGB colour that stands for `value`, which is clamped to [0, 1]; NaN counts as 0. The colours
/// run from dark violet through blue and green to yellow. Steps of equal size look equally large
/// because they are equally long in OKLab, and the lightness rises all the way, so that the map can
/// also be read in grey and by colour-blind people.
std::array<std::uint8_t, 3> colour_of(double value);

}  // namespace staa::pictures
