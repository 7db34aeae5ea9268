#include "staa/data/augment/autoaugment.h"

#include <set>

#include "data/fixtures.h"
#include "staa/data/augment/image_ops.h"

namespace staa::data {
namespace {

using Op = AutoAugmentOp;

void expect_step(const AutoAugmentStep& step, Op op, double probability, int magnitude) {
  EXPECT_EQ(static_cast<int>(step.op), static_cast<int>(op));
  EXPECT_EQ(step.probability, probability);
  EXPECT_EQ(step.magnitude, magnitude);
}

TEST(AutoAugmentPolicy, IsThePublishedOne) {
  const auto& policy = cifar10_policy();
  ASSERT_EQ(policy.size(), 25U);
  expect_step(policy[0][0], Op::kInvert, 0.1, 0);
  expect_step(policy[0][1], Op::kContrast, 0.2, 6);
  expect_step(policy[1][0], Op::kRotate, 0.7, 2);
  expect_step(policy[1][1], Op::kTranslateX, 0.3, 9);
  expect_step(policy[3][0], Op::kShearY, 0.5, 8);
  expect_step(policy[5][1], Op::kPosterize, 0.3, 7);
  expect_step(policy[9][0], Op::kContrast, 0.6, 7);
  expect_step(policy[14][0], Op::kSolarize, 0.5, 2);
  expect_step(policy[14][1], Op::kInvert, 0.0, 0);
  expect_step(policy[17][0], Op::kColor, 0.9, 9);
  expect_step(policy[19][1], Op::kColor, 0.7, 0);
  expect_step(policy[24][0], Op::kTranslateY, 0.7, 9);
  expect_step(policy[24][1], Op::kAutoContrast, 0.9, 0);

  // Sums over the whole table detect any wrong digit.
  double probabilities = 0;
  int magnitudes = 0;
  for (const auto& sub_policy : policy) {
    for (const auto& step : sub_policy) {
      probabilities += step.probability;
      magnitudes += step.magnitude;
    }
  }
  EXPECT_NEAR(probabilities, 26.5, 1e-9);
  EXPECT_EQ(magnitudes, 187);
}

/// Checks that an operation at this magnitude gives the same result as `same`, which calls it with
/// an explicit parameter.
template <typename Same>
void expect_op(Op op, int magnitude, int sign, Same same) {
  const auto image = random_image({3, 32, 32}, 5);
  auto expected = image;
  same(expected);
  auto found = image;
  apply_op(found, op, magnitude, sign);
  EXPECT_EQ(found.pixels, expected.pixels) << static_cast<int>(op) << " at " << magnitude;
}

TEST(ApplyOp, ScalesMagnitudesAsPublished) {
  expect_op(Op::kShearX, 9, 1, [](Image& i) { shear_x(i, 0.3); });
  expect_op(Op::kShearY, 3, -1, [](Image& i) { shear_y(i, -0.1); });
  expect_op(Op::kTranslateX, 9, 1, [](Image& i) { translate_x(i, 14); });    // 150 / 331 * 32
  expect_op(Op::kTranslateY, 8, -1, [](Image& i) { translate_y(i, -12); });  // 12.9, truncated
  expect_op(Op::kRotate, 3, 1, [](Image& i) { rotate(i, 10); });
  expect_op(Op::kBrightness, 9, -1, [](Image& i) { adjust_brightness(i, 0.1); });
  expect_op(Op::kColor, 0, 1, [](Image&) {});
  expect_op(Op::kContrast, 9, 1, [](Image& i) { adjust_contrast(i, 1.9); });
  expect_op(Op::kSharpness, 5, 1, [](Image& i) { adjust_sharpness(i, 1.5); });
  expect_op(Op::kPosterize, 0, 1, [](Image&) {});
  expect_op(Op::kPosterize, 7, 1, [](Image& i) { posterize(i, 5); });
  expect_op(Op::kPosterize, 9, 1, [](Image& i) { posterize(i, 4); });
  expect_op(Op::kSolarize, 3, 1, [](Image& i) { solarize(i, 170); });
  expect_op(Op::kSolarize, 9, 1, invert);
  expect_op(Op::kInvert, 0, 1, invert);
  expect_op(Op::kEqualize, 0, 1, equalize);
  expect_op(Op::kAutoContrast, 0, 1, auto_contrast);
}

TEST(ApplyOp, RefusesAMagnitudeOutOfRange) {
  auto image = random_image({1, 2, 2}, 1);
  test::expect_error(ErrorKind::kUsage, {"expected 0 to 9, found 10"},
                     [&] { apply_op(image, Op::kRotate, 10, 1); });
}

TEST(AutoAugment, IsAFunctionOfItsRandomNumbers) {
  const auto image = random_image({3, 32, 32}, 5);
  std::set<std::vector<std::uint8_t>> results;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto a = image;
    auto b = image;
    Random random_a{seed};
    Random random_b{seed};
    autoaugment(a, random_a);
    autoaugment(b, random_b);
    EXPECT_EQ(a.pixels, b.pixels) << "seed " << seed;
    results.insert(a.pixels);
  }
  EXPECT_GT(results.size(), 30U);
}

TEST(AutoAugment, TakesImagesOfAnyShape) {
  for (const auto& shape : {ImageShape{1, 1, 1}, ImageShape{3, 2, 5}, ImageShape{1, 28, 28}}) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      auto image = random_image(shape, seed);
      Random random{seed};
      autoaugment(image, random);
      EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(shape.bytes()));
    }
  }
}

}  // namespace
}  // namespace staa::data
