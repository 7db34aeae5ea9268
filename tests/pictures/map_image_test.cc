#include "staa/pictures/map_image.h"

#include <array>
#include <cmath>

#include "staa/pictures/colour_map.h"
#include "support/support.h"

namespace staa::pictures {
namespace {

using test::expect_error;
using Rgb = std::array<std::uint8_t, 3>;

Rgb pixel(const data::Image& image, std::size_t index) {
  return {image.pixels[3 * index], image.pixels[3 * index + 1], image.pixels[3 * index + 2]};
}

TEST(MapImage, ShowsARangeInTheMapsColours) {
  const Map map{2, 2, {1, 2, 3, 3}};
  const auto range = range_of(map, /*from_zero=*/false);
  EXPECT_EQ(range.low, 1);
  EXPECT_EQ(range.high, 3);
  EXPECT_EQ(describe(range), "1-3");
  const auto image = map_image(map, range);
  EXPECT_TRUE(image.shape == (data::ImageShape{3, 2, 2}));
  ASSERT_EQ(image.pixels.size(), 12U);
  EXPECT_EQ(pixel(image, 0), colour_of(0));
  EXPECT_EQ(pixel(image, 1), colour_of(0.5));
  EXPECT_EQ(pixel(image, 3), colour_of(1));
}

TEST(MapImage, ARangeMayStartAtZero) {
  const Map map{1, 2, {0.25F, 0.5F}};
  const auto range = range_of(map, /*from_zero=*/true);
  EXPECT_EQ(describe(range), "0-0.5");
  EXPECT_EQ(pixel(map_image(map, range), 0), colour_of(0.5));
}

TEST(MapImage, AMapWithoutDifferencesHasTheFirstColour) {
  const Map map{1, 1, {5}};
  EXPECT_EQ(pixel(map_image(map, range_of(map, false)), 0), colour_of(0));
}

TEST(MapImage, TheRangeSaysThatAValueIsNotANumber) {
  const Map map{1, 3, {1, std::nanf(""), 2}};
  EXPECT_EQ(describe(range_of(map, false)), "nan-nan");
  EXPECT_EQ(describe(range_of(map, true)), "0-nan");
  EXPECT_EQ(pixel(map_image(map, {0, 2}), 1), colour_of(0));
}

TEST(MapImage, RefusesMapsOfAnotherSizeThanTheySay) {
  expect_error(ErrorKind::kUsage, {"2x3", "expected 6", "found 1"}, [] {
    map_image({2, 3, {1}}, {0, 1});
  });
  expect_error(ErrorKind::kUsage, {"without values"}, [] { range_of({}, false); });
}

}  // namespace
}  // namespace staa::pictures
