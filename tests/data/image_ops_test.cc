#include "staa/data/augment/image_ops.h"

#include "data/fixtures.h"

namespace staa::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

Image grey(std::int64_t height, std::int64_t width, Bytes pixels) {
  return {{1, height, width}, std::move(pixels)};
}

template <typename Op>
Bytes after(Image image, Op op) {
  op(image);
  return image.pixels;
}

const Image kRows = grey(4, 4, {1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4});
const Image kColumns = grey(4, 4, {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4});

TEST(ImageOps, ShearMovesEachLineByItsDistance) {
  // Line y is read from (x + 1/2) + 0.5 (y + 1/2): shifts of 0.25, 0.75, 1.25 and 1.75 pixels.
  EXPECT_EQ(after(kRows, [](Image& i) { shear_x(i, 0.5); }),
            (Bytes{1, 2, 3, 4, 2, 3, 4, 0, 2, 3, 4, 0, 3, 4, 0, 0}));
  EXPECT_EQ(after(kRows, [](Image& i) { shear_x(i, -0.5); }),
            (Bytes{1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 1, 2}));
  EXPECT_EQ(after(kColumns, [](Image& i) { shear_y(i, 0.5); }),
            (Bytes{1, 2, 2, 3, 2, 3, 3, 4, 3, 4, 4, 0, 4, 0, 0, 0}));
}

TEST(ImageOps, TranslateFillsWithBlack) {
  EXPECT_EQ(after(grey(1, 4, {1, 2, 3, 4}), [](Image& i) { translate_x(i, 1); }),
            (Bytes{0, 1, 2, 3}));
  EXPECT_EQ(after(grey(1, 4, {1, 2, 3, 4}), [](Image& i) { translate_x(i, -2); }),
            (Bytes{3, 4, 0, 0}));
  EXPECT_EQ(after(grey(3, 1, {1, 2, 3}), [](Image& i) { translate_y(i, 1); }), (Bytes{0, 1, 2}));
  EXPECT_EQ(after(grey(3, 1, {1, 2, 3}), [](Image& i) { translate_y(i, 9); }), (Bytes{0, 0, 0}));
  const Image rgb{{3, 1, 2}, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(after(rgb, [](Image& i) { translate_x(i, 1); }), (Bytes{0, 0, 0, 1, 2, 3}));
}

TEST(ImageOps, RotateTurnsCounterClockwiseAboutTheCentre) {
  const auto square = grey(2, 2, {1, 2, 3, 4});
  EXPECT_EQ(after(square, [](Image& i) { rotate(i, 90); }), (Bytes{2, 4, 1, 3}));
  EXPECT_EQ(after(square, [](Image& i) { rotate(i, -90); }), (Bytes{3, 1, 4, 2}));
  EXPECT_EQ(after(square, [](Image& i) { rotate(i, 0); }), square.pixels);
  // At 45 degrees the corners come from outside the image.
  EXPECT_EQ(after(grey(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}), [](Image& i) { rotate(i, 45); }),
            (Bytes{2, 3, 6, 1, 5, 9, 4, 7, 8}));
}

TEST(ImageOps, BrightnessScalesTowardsBlack) {
  EXPECT_EQ(after(grey(1, 4, {0, 10, 101, 200}), [](Image& i) { adjust_brightness(i, 0.5); }),
            (Bytes{0, 5, 50, 100}));
  EXPECT_EQ(after(grey(1, 3, {0, 10, 200}), [](Image& i) { adjust_brightness(i, 1.5); }),
            (Bytes{0, 15, 255}));
}

TEST(ImageOps, ColorBlendsWithTheGreyImage) {
  const Image rgb{{3, 1, 2}, {100, 150, 200, 255, 0, 0}};
  // Luma: 0.299 * 100 + 0.587 * 150 + 0.114 * 200 = 140.75 -> 141, and 76.
  EXPECT_EQ(after(rgb, [](Image& i) { adjust_color(i, 0.0); }), (Bytes{141, 141, 141, 76, 76, 76}));
  EXPECT_EQ(after(rgb, [](Image& i) { adjust_color(i, 1.0); }), rgb.pixels);
  EXPECT_EQ(after(rgb, [](Image& i) { adjust_color(i, 1.5); }),
            (Bytes{79, 154, 229, 255, 0, 0}));  // 141 + 1.5 * (-41, 9, 59), truncated
  EXPECT_EQ(after(grey(1, 2, {9, 99}), [](Image& i) { adjust_color(i, 0.1); }), (Bytes{9, 99}));
}

TEST(ImageOps, ContrastBlendsWithTheMean) {
  const auto image = grey(1, 4, {0, 50, 101, 250});  // mean 100.25 -> 100
  EXPECT_EQ(after(image, [](Image& i) { adjust_contrast(i, 0.0); }), (Bytes{100, 100, 100, 100}));
  EXPECT_EQ(after(image, [](Image& i) { adjust_contrast(i, 0.5); }), (Bytes{50, 75, 100, 175}));
  EXPECT_EQ(after(image, [](Image& i) { adjust_contrast(i, 2.0); }), (Bytes{0, 0, 102, 255}));
}

TEST(ImageOps, SharpnessBlendsTheInsideWithItsSmoothedSelf) {
  const auto image = grey(3, 3, {10, 10, 10, 10, 140, 10, 10, 10, 10});
  // (8 * 10 + 5 * 140) / 13 = 60
  EXPECT_EQ(after(image, [](Image& i) { adjust_sharpness(i, 0.0); })[4], 60);
  EXPECT_EQ(after(image, [](Image& i) { adjust_sharpness(i, 0.5); })[4], 100);
  const auto sharp = after(image, [](Image& i) { adjust_sharpness(i, 1.5); });
  EXPECT_EQ(sharp, (Bytes{10, 10, 10, 10, 180, 10, 10, 10, 10}));
  const auto thin = grey(2, 2, {1, 2, 3, 4});
  EXPECT_EQ(after(thin, [](Image& i) { adjust_sharpness(i, 0.0); }), thin.pixels);
}

TEST(ImageOps, InvertPosterizeAndSolarizeMapValues) {
  const auto image = grey(1, 4, {0, 127, 128, 255});
  EXPECT_EQ(after(image, invert), (Bytes{255, 128, 127, 0}));
  EXPECT_EQ(after(image, [](Image& i) { posterize(i, 8); }), image.pixels);
  EXPECT_EQ(after(image, [](Image& i) { posterize(i, 4); }), (Bytes{0, 112, 128, 240}));
  EXPECT_EQ(after(image, [](Image& i) { posterize(i, 0); }), (Bytes{0, 0, 0, 0}));
  EXPECT_EQ(after(image, [](Image& i) { solarize(i, 128); }), (Bytes{0, 127, 127, 0}));
  EXPECT_EQ(after(image, [](Image& i) { solarize(i, 0); }), (Bytes{255, 128, 127, 0}));
  EXPECT_EQ(after(image, [](Image& i) { solarize(i, 127.5); }), (Bytes{0, 127, 127, 0}));
}

TEST(ImageOps, AutoContrastStretchesEachChannel) {
  EXPECT_EQ(after(grey(1, 3, {50, 100, 150}), auto_contrast), (Bytes{0, 127, 255}));
  const Image rgb{{3, 1, 2}, {10, 0, 7, 20, 255, 7}};
  EXPECT_EQ(after(rgb, auto_contrast), (Bytes{0, 0, 7, 255, 255, 7}));
}

TEST(ImageOps, EqualizeSpreadsValuesByTheirRank) {
  // 512 pixels, half of them 10, then 20, and the last one 30. The step is 511 / 255 = 2, and
  // table(v) = (1 + pixels below v) / 2.
  Image image{{1, 1, 512}, {}};
  image.pixels.assign(512, 20);
  std::fill_n(image.pixels.begin(), 200, std::uint8_t{10});
  image.pixels[511] = 30;
  const auto result = after(image, equalize);
  EXPECT_EQ(result[0], 0);
  EXPECT_EQ(result[200], 100);
  EXPECT_EQ(result[511], 255);  // 256 before clamping
  const auto flat = grey(1, 3, {9, 9, 9});
  EXPECT_EQ(after(flat, equalize), flat.pixels);
}

}  // namespace
}  // namespace staa::data
