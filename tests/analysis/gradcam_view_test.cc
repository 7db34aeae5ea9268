#include "staa/analysis/gradcam_view.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace staa::analysis {
namespace {

/// Maps of 1x2 pixels; attention and gates have two time steps.
LayerMaps make_layer(const char* name, bool attention) {
  LayerMaps layer;
  layer.name = name;
  layer.cam = torch::tensor({0.0F, 1.0F}).view({1, 2});
  if (attention) {
    layer.attention_x = torch::tensor({1.0F, 2.0F, 3.0F, 6.0F}).view({2, 1, 2});
    layer.attention_h = torch::tensor({0.0F, 0.0F, 1.0F, 0.5F}).view({2, 1, 2});
    layer.gates = torch::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}).view({2, 3});
  }
  return layer;
}

std::vector<std::string> headings(const pictures::View& view) {
  std::vector<std::string> all;
  for (const auto& column : view.columns) all.push_back(column.heading);
  return all;
}

void expect_map(const pictures::Map& map, std::int64_t height, std::int64_t width,
                const std::vector<float>& values) {
  EXPECT_EQ(map.height, height);
  EXPECT_EQ(map.width, width);
  EXPECT_EQ(map.values, values);
}

TEST(GradCamView, HoldsTheMapsOfEveryLayer) {
  Explanation explanation;
  explanation.layers = {make_layer("a", false), make_layer("b", true)};
  const auto view = gradcam_view("STAA", {{3, 1, 1}, {7, 8, 9}}, explanation);
  EXPECT_EQ(view.title, "STAA");
  EXPECT_EQ(view.frame.pixels, (std::vector<std::uint8_t>{7, 8, 9}));
  EXPECT_EQ(headings(view),
            (std::vector<std::string>{"Grad-CAM", "over input", "GC of X", "GC of H", "SA gates"}));
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    EXPECT_EQ(view.columns[i].from_zero, i < 2) << i;
    EXPECT_EQ(view.columns[i].over_input, i == 1) << i;
  }
  ASSERT_EQ(view.layers.size(), 2U);
  EXPECT_EQ(view.layers[0].name, "a");
  EXPECT_EQ(view.layers[1].name, "b");
  const auto& a = view.layers[0].maps;
  const auto& b = view.layers[1].maps;
  ASSERT_EQ(a.size(), 5U);
  ASSERT_EQ(b.size(), 5U);
  expect_map(a[0], 1, 2, {0, 1});
  expect_map(a[1], 1, 2, {0, 1});
  for (std::size_t i = 2; i < 5; ++i) EXPECT_TRUE(a[i].empty()) << i;
  // Attention is averaged over time, and each row of the gates is a channel.
  expect_map(b[2], 1, 2, {2, 4});
  expect_map(b[3], 1, 2, {0.5F, 0.25F});
  expect_map(b[4], 3, 2, {1, 4, 2, 5, 3, 6});
}

TEST(GradCamView, LeavesOutColumnsThatNoLayerHas) {
  Explanation explanation;
  explanation.layers = {make_layer("a", false), make_layer("b", false)};
  const auto view = gradcam_view("LIF", {}, explanation);
  EXPECT_EQ(headings(view), (std::vector<std::string>{"Grad-CAM", "over input"}));
  EXPECT_EQ(view.layers[1].maps.size(), 2U);
}

}  // namespace
}  // namespace staa::analysis
