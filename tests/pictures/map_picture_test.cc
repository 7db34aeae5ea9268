#include "staa/pictures/map_picture.h"

#include <algorithm>
#include <array>

#include "staa/pictures/colour_map.h"
#include "support/support.h"

namespace staa::pictures {
namespace {

using test::expect_error;
using Rgb = std::array<std::uint8_t, 3>;

constexpr std::int64_t kTile = 96;  // pixels: frames of 8x8 are enlarged 12 times

data::Image frame() { return {{3, 8, 8}, std::vector<std::uint8_t>(8 * 8 * 3, 200)}; }

/// The left value is the minimum and the right one the maximum.
Map halves() { return {1, 2, {0, 1}}; }

View plain_view() {
  const std::vector<MapColumn> columns{{"map", true, false}, {"over input", true, true}};
  return {"PLAIN", frame(), columns, {{"a", {halves(), halves()}}, {"b", {halves(), halves()}}}};
}

/// Blends 0.55 of a colour with 0.45 of the frame's grey.
Rgb over_frame(Rgb colour) {
  for (auto& c : colour) c = static_cast<std::uint8_t>(0.55 * c + 0.45 * 200 + 0.5);
  return colour;
}

std::int64_t count(const data::Image& image, const Rgb& colour) {
  std::int64_t pixels = 0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    pixels += std::equal(colour.begin(), colour.end(), image.pixels.data() + i) ? 1 : 0;
  }
  return pixels;
}

TEST(MapPicture, HoldsEveryMapOfEveryView) {
  auto other = plain_view();
  other.title = "OTHER";
  for (const auto* heading : {"c", "d", "e"}) other.columns.push_back({heading});
  for (auto& layer : other.layers) layer.maps.resize(5, halves());
  const auto one = map_picture("sample 0", {frame(), frame()}, {plain_view()});
  const auto two = map_picture("sample 0", {frame(), frame()}, {plain_view(), other});
  EXPECT_EQ(one.pixels.size(), static_cast<std::size_t>(one.shape.bytes()));
  EXPECT_GE(one.shape.width, 2 * kTile);
  EXPECT_GE(two.shape.width, 7 * kTile);
  EXPECT_EQ(two.shape.height, one.shape.height);
  // Once per layer, in every column that is not drawn over the input, the colour of the maximum
  // fills the right half of a tile. The scale at the bottom contains a little of it too.
  const auto scale = count(one, colour_of(1)) - 2 * kTile * kTile / 2;
  EXPECT_GE(scale, 0);
  EXPECT_LT(scale, kTile);
  EXPECT_EQ(count(two, colour_of(1)) - scale, (2 + 2 * 4) * kTile * kTile / 2);
}

TEST(MapPicture, MapsOverTheInputLetItShow) {
  const auto image = map_picture("sample 0", {frame()}, {plain_view()});
  EXPECT_EQ(count(image, over_frame(colour_of(1))), 2 * kTile * kTile / 2);
}

TEST(MapPicture, LeavesGapsForAbsentMapsAndLayers) {
  auto view = plain_view();
  view.layers[1].maps[0] = {};
  const auto whole = map_picture("sample 0", {frame()}, {plain_view(), plain_view()});
  const auto without_map = map_picture("sample 0", {frame()}, {plain_view(), view});
  view.layers.pop_back();
  const auto without_layer = map_picture("sample 0", {frame()}, {plain_view(), view});
  EXPECT_TRUE(whole.shape == without_map.shape);
  EXPECT_TRUE(whole.shape == without_layer.shape);
  constexpr auto kHalfTile = kTile * kTile / 2;
  EXPECT_EQ(count(whole, colour_of(1)) - count(without_map, colour_of(1)), kHalfTile);
  EXPECT_EQ(count(whole, colour_of(1)) - count(without_layer, colour_of(1)), kHalfTile);
  EXPECT_EQ(count(whole, over_frame(colour_of(1))), count(without_map, over_frame(colour_of(1))));
  EXPECT_EQ(count(whole, over_frame(colour_of(1))) - count(without_layer, over_frame(colour_of(1))),
            kHalfTile);
}

TEST(MapPicture, RefusesWhatItCannotDraw) {
  expect_error(ErrorKind::kUsage, {"at least one frame"},
               [] { map_picture("", {}, {plain_view()}); });
  expect_error(ErrorKind::kUsage, {"layer 'b'", "2 columns", "found 1"}, [] {
    auto view = plain_view();
    view.layers[1].maps.pop_back();
    map_picture("", {frame()}, {view});
  });
}

}  // namespace
}  // namespace staa::pictures
