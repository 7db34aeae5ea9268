#include "staa/data/augment/frame_augment.h"

#include <algorithm>
#include <set>

#include "support/support.h"

namespace staa::data {
namespace {

constexpr std::int64_t kEdge = 5;

/// The source of (x, y) in the map, as x + 10 * y; -1 if it is empty.
int at(const PixelMap& map, std::int64_t x, std::int64_t y) {
  const auto from = map.from[static_cast<std::size_t>(y * map.width + x)];
  return from < 0 ? -1 : static_cast<int>(from % map.width + 10 * (from / map.width));
}

TEST(PixelMap, FlipsRollsAndShifts) {
  PixelMap map(kEdge, kEdge);
  EXPECT_EQ(at(map, 3, 2), 23);
  flip(map);
  EXPECT_EQ(at(map, 0, 2), 24);
  EXPECT_EQ(at(map, 4, 1), 10);
  PixelMap rolled(kEdge, kEdge);
  roll(rolled, 1, -2);
  EXPECT_EQ(at(rolled, 1, 0), 20);
  EXPECT_EQ(at(rolled, 0, 3), 4);  // it has wrapped around on both sides
  PixelMap shifted(kEdge, kEdge);
  shift(shifted, 1, -2);
  EXPECT_EQ(at(shifted, 1, 0), 20);
  EXPECT_EQ(at(shifted, 0, 0), -1);
  EXPECT_EQ(at(shifted, 2, 3), -1);
}

TEST(PixelMap, TurnsCounterClockwise) {
  PixelMap map(kEdge, kEdge);
  rotate(map, 90);
  EXPECT_EQ(at(map, 0, 0), 4);   // the upper right corner has moved to the upper left
  EXPECT_EQ(at(map, 0, 4), 0);   // and the upper left corner to the lower left
  EXPECT_EQ(at(map, 2, 2), 22);  // the centre does not move
}

TEST(PixelMap, ShearsRowsByTheirDistanceFromTheCentre) {
  PixelMap map(kEdge, kEdge);
  shear(map, 45);
  EXPECT_EQ(at(map, 2, 2), 22);
  EXPECT_EQ(at(map, 3, 3), 32);  // one row below: one pixel to the right
  EXPECT_EQ(at(map, 0, 0), 2);   // two rows above: two pixels to the left
  EXPECT_EQ(at(map, 4, 0), -1);
}

TEST(PixelMap, CutsOutASquareWithinTheFrame) {
  PixelMap map(kEdge, kEdge);
  cut_out(map, 4, 0, 3);
  const auto empty = std::count(map.from.begin(), map.from.end(), -1);
  EXPECT_EQ(empty, 4);
  EXPECT_EQ(at(map, 3, 1), -1);
  EXPECT_EQ(at(map, 2, 0), 2);
}

TEST(PixelMap, ComposesInOrder) {
  PixelMap map(kEdge, kEdge);
  shift(map, 1, 0);
  flip(map);
  EXPECT_EQ(at(map, 4, 0), -1);
  EXPECT_EQ(at(map, 3, 0), 0);
}

TEST(DrawMap, DoesNothingByDefault) {
  Random random{1};
  EXPECT_EQ(draw_map(7, 9, {}, random).from, PixelMap(7, 9).from);
}

TEST(DrawMap, MakesOneGeometricChangeOfManyKinds) {
  FrameAugmentOptions options;
  options.geometric = true;
  std::set<std::vector<std::int32_t>> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random{seed};
    const auto map = draw_map(48, 48, options, random);
    seen.insert(map.from);
    const auto kept = std::count_if(map.from.begin(), map.from.end(), [](int i) { return i >= 0; });
    EXPECT_GT(kept, 48 * 48 * 8 / 10);
    Random again{seed};
    EXPECT_EQ(draw_map(48, 48, options, again).from, map.from);
  }
  EXPECT_GT(seen.size(), 150U);
}

TEST(DrawMap, ShiftsByUpToThePadding) {
  FrameAugmentOptions options;
  options.crop_padding = 2;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random{seed};
    const auto map = draw_map(9, 9, options, random);
    const auto centre = at(map, 4, 4);
    EXPECT_LE(std::abs(centre % 10 - 4), 2);
    EXPECT_LE(std::abs(centre / 10 - 4), 2);
  }
}

}  // namespace
}  // namespace staa::data
