#include "staa/pictures/colour_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace staa::pictures {
namespace {

using Rgb = std::array<std::uint8_t, 3>;

/// Converts an sRGB colour to OKLab (Ottosson, 2020).
std::array<double, 3> oklab(const Rgb& colour) {
  std::array<double, 3> c{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double v = colour[i] / 255.0;
    c[i] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  }
  const double l = std::cbrt(0.4122214708 * c[0] + 0.5363325363 * c[1] + 0.0514459929 * c[2]);
  const double m = std::cbrt(0.2119034982 * c[0] + 0.6806995451 * c[1] + 0.1073969566 * c[2]);
  const double s = std::cbrt(0.0883024619 * c[0] + 0.2817188376 * c[1] + 0.6299787005 * c[2]);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

TEST(ColourMap, StepsLookEquallyLargeAndLightnessRises) {
  constexpr int kSteps = 16;
  std::vector<double> lengths;
  for (int i = 0; i < kSteps; ++i) {
    const auto a = oklab(colour_of(static_cast<double>(i) / kSteps));
    const auto b = oklab(colour_of(static_cast<double>(i + 1) / kSteps));
    EXPECT_GT(b[0], a[0]) << i;
    lengths.push_back(
        std::sqrt(std::pow(b[0] - a[0], 2) + std::pow(b[1] - a[1], 2) + std::pow(b[2] - a[2], 2)));
  }
  const auto [least, most] = std::minmax_element(lengths.begin(), lengths.end());
  EXPECT_LT(*most / *least, 1.25);
}

TEST(ColourMap, ClampsWhatIsOutside) {
  EXPECT_EQ(colour_of(-1), colour_of(0));
  EXPECT_EQ(colour_of(2), colour_of(1));
  EXPECT_EQ(colour_of(std::nan("")), colour_of(0));
}

}  // namespace
}  // namespace staa::pictures
