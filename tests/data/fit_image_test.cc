#include "staa/data/augment/fit_image.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace staa::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(FitImage, KeepsTheMiddleInItsProportions) {
  // 2 rows of 4 pixels: the central 2x2 remain.
  Image wide{{1, 2, 4}, {0, 10, 20, 0, 0, 30, 40, 0}};
  EXPECT_EQ(fit_image(std::move(wide), {1, 2, 2}).pixels, (Bytes{10, 20, 30, 40}));
  Image same{{1, 1, 2}, {5, 6}};
  EXPECT_EQ(fit_image(std::move(same), {1, 1, 2}).pixels, (Bytes{5, 6}));
  Image grey{{1, 1, 1}, {9}};
  EXPECT_EQ(fit_image(std::move(grey), {3, 1, 1}).pixels, (Bytes{9, 9, 9}));
  Image colour{{3, 1, 1}, {255, 0, 0}};
  EXPECT_EQ(fit_image(std::move(colour), {1, 1, 1}).pixels, (Bytes{76}));
}

TEST(FitImage, ResizesToAnyShape) {
  for (const auto& [height, width] : {std::pair<int, int>{1, 7}, {50, 3}, {5, 5}}) {
    Image image{{3, height, width}, Bytes(static_cast<std::size_t>(3 * height * width), 77)};
    const auto fitted = fit_image(std::move(image), {3, 4, 6});
    EXPECT_EQ(fitted.pixels, Bytes(3 * 4 * 6, 77)) << height << "x" << width;
  }
}

}  // namespace
}  // namespace staa::data
