#include "staa/data/augment/augment.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "data/fixtures.h"

namespace staa::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using test::expect_error;

TEST(RandomCrop, MovesTheContentAndFillsWithBlack) {
  const auto image = random_image({3, 6, 5}, 2);
  std::set<std::pair<std::int64_t, std::int64_t>> moves;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    auto cropped = image;
    Random random{seed};
    random_crop(cropped, 2, random);
    Random same{seed};
    const std::int64_t right = same.below(5) - 2;
    const std::int64_t down = same.below(5) - 2;
    moves.insert({right, down});
    for (std::int64_t y = 0; y < 6; ++y) {
      for (std::int64_t x = 0; x < 5; ++x) {
        const std::int64_t from_y = y - down;
        const std::int64_t from_x = x - right;
        const bool inside = from_y >= 0 && from_y < 6 && from_x >= 0 && from_x < 5;
        for (std::int64_t c = 0; c < 3; ++c) {
          const auto at = static_cast<std::size_t>((from_y * 5 + from_x) * 3 + c);
          ASSERT_EQ(cropped.pixels[static_cast<std::size_t>((y * 5 + x) * 3 + c)],
                    inside ? image.pixels[at] : 0);
        }
      }
    }
  }
  EXPECT_EQ(moves.size(), 25U);
}

TEST(RandomCrop, FillsWithTheReflectionWhereAsked) {
  const auto image = random_image({3, 6, 5}, 3);
  const auto reflected = [](std::int64_t i, std::int64_t size) {
    return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
  };
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto cropped = image;
    Random random{seed};
    random_crop(cropped, 2, random, /*reflect=*/true);
    Random same{seed};
    const std::int64_t right = same.below(5) - 2;
    const std::int64_t down = same.below(5) - 2;
    for (std::int64_t i = 0; i < 6 * 5 * 3; ++i) {
      const auto y = reflected(i / 15 - down, 6);
      const auto x = reflected(i / 3 % 5 - right, 5);
      ASSERT_EQ(cropped.pixels[static_cast<std::size_t>(i)],
                image.pixels[static_cast<std::size_t>((y * 5 + x) * 3 + i % 3)]);
    }
  }
  Image point{{1, 1, 1}, {7}};
  Random random{1};
  random_crop(point, 1, random, /*reflect=*/true);
  EXPECT_EQ(point.pixels, Bytes{7});
}

TEST(RandomCrop, SurvivesAPaddingAsLargeAsTheImage) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto image = random_image({1, 2, 3}, 1);
    Random random{seed};
    random_crop(image, 3, random);
    EXPECT_EQ(image.pixels.size(), 6U);
  }
}

TEST(Flip, MirrorsLeftAndRight) {
  Image image{{1, 2, 3}, {1, 2, 3, 4, 5, 6}};
  flip(image);
  EXPECT_EQ(image.pixels, (Bytes{3, 2, 1, 6, 5, 4}));
  Image rgb{{3, 1, 2}, {1, 2, 3, 4, 5, 6}};
  flip(rgb);
  EXPECT_EQ(rgb.pixels, (Bytes{4, 5, 6, 1, 2, 3}));
}

TEST(Cutout, BlanksASquareCutAtTheBorder) {
  const ImageShape shape{3, 8, 10};
  std::map<int, int> areas;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::vector<float> pixels(static_cast<std::size_t>(shape.bytes()), 1.0F);
    Random random{seed};
    cutout(pixels.data(), shape, 4, random);
    int blank = 0;
    for (const float value : pixels) blank += value == 0.0F ? 1 : 0;
    ASSERT_EQ(blank % 3, 0);
    ++areas[blank / 3];
  }
  EXPECT_EQ(areas.rbegin()->first, 16);  // the whole image, which is the most frequent
  EXPECT_EQ(areas.begin()->first, 4);    // at the upper left corner, half of each edge remains
  EXPECT_GT(areas[16], 150);
}

TEST(Cutout, MayCoverEverything) {
  std::vector<float> pixels(6, 1.0F);
  Random random{1};
  cutout(pixels.data(), {1, 2, 3}, 100, random);
  EXPECT_EQ(pixels, std::vector<float>(6, 0.0F));
}

TEST(Normalisation, IsMeanAndDeviationOfEachChannel) {
  const ImageSet set("s", {3, 1, 2}, {"a"}, {0, 255, 9, 255, 255, 9, 0, 255, 9, 255, 255, 9},
                     {0, 0});
  const auto result = compute_normalisation(set);
  EXPECT_FLOAT_EQ(result.mean.at(0), 0.5F);
  EXPECT_FLOAT_EQ(result.stddev.at(0), 0.5F);
  EXPECT_FLOAT_EQ(result.mean.at(1), 1.0F);
  EXPECT_FLOAT_EQ(result.stddev.at(1), 1.0F);  // constant: 0 could not be a divisor
  EXPECT_FLOAT_EQ(result.mean.at(2), 9.0F / 255);
  expect_error(ErrorKind::kInput, {"no images"}, [] {
    compute_normalisation(ImageSet("none", {1, 1, 1}, {"a"}, {}, {}));
  });
}

std::vector<float> apply(const Transform& transform, Image image, std::uint64_t seed) {
  std::vector<float> out(image.pixels.size());
  Random random{seed};
  transform.apply(image, random, out.data());
  return out;
}

TEST(Transform, NormalisesBytes) {
  const Transform transform({3, 1, 1}, {{0.5F, 0.0F, 1.0F}, {0.5F, 1.0F, 0.25F}});
  const auto values = apply(transform, {{3, 1, 1}, {255, 51, 0}}, 0);
  ASSERT_EQ(values.size(), 3U);
  EXPECT_FLOAT_EQ(values[0], 1.0F);
  EXPECT_FLOAT_EQ(values[1], 0.2F);
  EXPECT_FLOAT_EQ(values[2], -4.0F);
}

TEST(Transform, FlipsHalfOfTheTime) {
  AugmentOptions options;
  options.flip = true;
  const Transform transform({1, 1, 2}, {{0.0F}, {1.0F}}, options);
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    flipped += apply(transform, {{1, 1, 2}, {0, 255}}, seed).front() > 0.5F ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 500, 60);
}

TEST(Transform, IsAFunctionOfImageAndRandomNumbers) {
  AugmentOptions options;
  options.crop_padding = 4;
  options.flip = true;
  options.autoaugment = true;
  options.cutout = 8;
  const Transform transform({3, 32, 32}, {{0.5F, 0.5F, 0.5F}, {0.2F, 0.2F, 0.2F}}, options);
  const auto image = random_image({3, 32, 32}, 3);
  EXPECT_EQ(apply(transform, image, 7), apply(transform, image, 7));
  EXPECT_NE(apply(transform, image, 7), apply(transform, image, 8));
}

TEST(Transform, RefusesOptionsThatDoNotFit) {
  const Normalisation unit{{0.0F}, {1.0F}};
  const auto make = [](const ImageShape& shape, const Normalisation& normalisation,
                       std::int64_t padding = 0, std::int64_t cutout = 0) {
    AugmentOptions options;
    options.crop_padding = padding;
    options.cutout = cutout;
    return Transform(shape, normalisation, options);
  };
  expect_error(ErrorKind::kUsage, {"expected 3 means", "found 1 and 1"}, [&] {
    make({3, 4, 4}, unit);
  });
  expect_error(ErrorKind::kUsage, {"channel 0", "positive standard deviation"}, [&] {
    make({1, 4, 4}, {{0.0F}, {0.0F}});
  });
  expect_error(ErrorKind::kUsage, {"finite mean"}, [&] {
    make({1, 4, 4}, {{std::numeric_limits<float>::quiet_NaN()}, {1.0F}});
  });
  expect_error(ErrorKind::kUsage, {"crop_padding: expected 0 to 4, found 5"}, [&] {
    make({1, 4, 6}, unit, 5);
  });
  expect_error(ErrorKind::kUsage, {"crop_padding", "found -1"}, [&] { make({1, 4, 4}, unit, -1); });
  expect_error(ErrorKind::kUsage, {"cutout", "found -1"}, [&] { make({1, 4, 4}, unit, 0, -1); });
  expect_error(ErrorKind::kUsage, {"1 or 3 channels, found 2"}, [&] {
    make({2, 4, 4}, {{0, 0}, {1, 1}});
  });
}

}  // namespace
}  // namespace staa::data
