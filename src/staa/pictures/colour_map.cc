#include "staa/pictures/colour_map.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace staa::pictures {
namespace {

/// Points at equal distances along a path through OKLab: the lightness runs from 0.24 to 0.93 and
/// the hue from 312 to 105 degrees, with as much chroma as sRGB has there.
constexpr std::array<std::array<int, 3>, 17> kPoints{{{49, 0, 71},
                                                      {54, 7, 97},
                                                      {51, 29, 119},
                                                      {42, 50, 138},
                                                      {22, 71, 149},
                                                      {0, 90, 150},
                                                      {1, 106, 149},
                                                      {0, 124, 152},
                                                      {0, 142, 156},
                                                      {0, 160, 157},
                                                      {3, 177, 155},
                                                      {6, 192, 147},
                                                      {69, 207, 133},
                                                      {121, 217, 117},
                                                      {167, 226, 102},
                                                      {209, 232, 89},
                                                      {249, 237, 83}}};

}  // namespace

std::array<std::uint8_t, 3> colour_of(double value) {
  const double place = value > 0 ? std::fmin(value, 1) * (kPoints.size() - 1) : 0;
  const auto low = std::min(static_cast<std::size_t>(place), kPoints.size() - 2);
  const double share = place - static_cast<double>(low);
  std::array<std::uint8_t, 3> colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    const double mixed = (1 - share) * kPoints[low][c] + share * kPoints[low + 1][c];
    colour[c] = static_cast<std::uint8_t>(std::lround(mixed));
  }
  return colour;
}

}  // namespace staa::pictures
