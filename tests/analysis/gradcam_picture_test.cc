#include "staa/analysis/gradcam_picture.h"

#include <gtest/gtest.h>

#include <cmath>

#include "staa/analysis/colour_map.h"

namespace staa::analysis {
namespace {

using Rgb = std::array<std::uint8_t, 3>;

/// OKLab (Ottosson, 2020) of an sRGB colour.
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

TEST(MapImage, ShowsARangeInTheMapsColours) {
  const auto map = torch::tensor({1.0F, 2.0F, 3.0F, 3.0F}).view({2, 2});
  const auto range = range_of(map, /*from_zero=*/false);
  EXPECT_EQ(range.low, 1);
  EXPECT_EQ(range.high, 3);
  EXPECT_EQ(describe(range), "1-3");
  const auto image = map_image(map, range);
  ASSERT_EQ(image.pixels.size(), 12U);
  const auto pixel = [&](std::size_t i) {
    return Rgb{image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]};
  };
  EXPECT_EQ(pixel(0), colour_of(0));
  EXPECT_EQ(pixel(1), colour_of(0.5));
  EXPECT_EQ(pixel(3), colour_of(1));
  // A map without any difference is all of the least colour.
  const auto flat = torch::full({1, 1}, 5.0F);
  EXPECT_EQ(map_image(flat, range_of(flat, false)).pixels[0], colour_of(0)[0]);
}

TEST(Picture, HoldsEveryMapOfEveryView) {
  const auto maps = [](const char* name, bool attention) {
    LayerMaps layer;
    layer.name = name;
    layer.cam = torch::tensor({0.0F, 1.0F}).view({1, 2});
    if (attention) {
      layer.attention_x = layer.attention_h = torch::rand({2, 1, 2});
      layer.gates = torch::rand({2, 4});
    }
    return layer;
  };
  const data::Image frame{{3, 8, 8}, std::vector<std::uint8_t>(8 * 8 * 3, 200)};
  View plain{"LIF", frame, {}};
  plain.explanation.layers = {maps("a", false), maps("b", false)};
  View staa{"STAA", frame, {}};
  staa.explanation.layers = {maps("a", true), maps("b", true)};
  const auto one = draw_explanations("sample 0", {frame, frame}, {plain});
  const auto two = draw_explanations("sample 0", {frame, frame}, {plain, staa});
  EXPECT_EQ(one.pixels.size(), static_cast<std::size_t>(one.shape.bytes()));
  // Two columns of 96 pixels for LIF, five more for STAA.
  EXPECT_GE(one.shape.width, 2 * 96);
  EXPECT_GE(two.shape.width, 7 * 96);
  EXPECT_EQ(two.shape.height, one.shape.height);
  // The largest value's colour is there: a tile's right half, once a layer.
  const auto yellow = colour_of(1);
  int count = 0;
  for (std::size_t i = 0; i < one.pixels.size(); i += 3) {
    count += std::equal(yellow.begin(), yellow.end(), one.pixels.begin() + static_cast<long>(i));
  }
  EXPECT_GE(count, 2 * 48 * 96);
}

}  // namespace
}  // namespace staa::analysis
