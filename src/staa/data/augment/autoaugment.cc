#include "staa/data/augment/autoaugment.h"

#include <cmath>
#include <cstdint>

#include "staa/data/augment/image_ops.h"
#include "staa/util/error.h"

namespace staa::data {
namespace {

constexpr int kMaxMagnitude = 9;

}  // namespace

const std::array<AutoAugmentSubPolicy, 25>& cifar10_policy() {
  using Op = AutoAugmentOp;
  static const std::array<AutoAugmentSubPolicy, 25> policy{{
      {{{Op::kInvert, 0.1, 0}, {Op::kContrast, 0.2, 6}}},
      {{{Op::kRotate, 0.7, 2}, {Op::kTranslateX, 0.3, 9}}},
      {{{Op::kSharpness, 0.8, 1}, {Op::kSharpness, 0.9, 3}}},
      {{{Op::kShearY, 0.5, 8}, {Op::kTranslateY, 0.7, 9}}},
      {{{Op::kAutoContrast, 0.5, 0}, {Op::kEqualize, 0.9, 0}}},
      {{{Op::kShearY, 0.2, 7}, {Op::kPosterize, 0.3, 7}}},
      {{{Op::kColor, 0.4, 3}, {Op::kBrightness, 0.6, 7}}},
      {{{Op::kSharpness, 0.3, 9}, {Op::kBrightness, 0.7, 9}}},
      {{{Op::kEqualize, 0.6, 0}, {Op::kEqualize, 0.5, 0}}},
      {{{Op::kContrast, 0.6, 7}, {Op::kSharpness, 0.6, 5}}},
      {{{Op::kColor, 0.7, 7}, {Op::kTranslateX, 0.5, 8}}},
      {{{Op::kEqualize, 0.3, 0}, {Op::kAutoContrast, 0.4, 0}}},
      {{{Op::kTranslateY, 0.4, 3}, {Op::kSharpness, 0.2, 6}}},
      {{{Op::kBrightness, 0.9, 6}, {Op::kColor, 0.2, 8}}},
      {{{Op::kSolarize, 0.5, 2}, {Op::kInvert, 0.0, 0}}},
      {{{Op::kEqualize, 0.2, 0}, {Op::kAutoContrast, 0.6, 0}}},
      {{{Op::kEqualize, 0.2, 0}, {Op::kEqualize, 0.6, 0}}},
      {{{Op::kColor, 0.9, 9}, {Op::kEqualize, 0.6, 0}}},
      {{{Op::kAutoContrast, 0.8, 0}, {Op::kSolarize, 0.2, 8}}},
      {{{Op::kBrightness, 0.1, 3}, {Op::kColor, 0.7, 0}}},
      {{{Op::kSolarize, 0.4, 5}, {Op::kAutoContrast, 0.9, 0}}},
      {{{Op::kTranslateY, 0.9, 9}, {Op::kTranslateY, 0.7, 9}}},
      {{{Op::kAutoContrast, 0.9, 0}, {Op::kSolarize, 0.8, 3}}},
      {{{Op::kEqualize, 0.8, 0}, {Op::kInvert, 0.1, 0}}},
      {{{Op::kTranslateY, 0.7, 9}, {Op::kAutoContrast, 0.9, 0}}},
  }};
  return policy;
}

void apply_op(Image& image, AutoAugmentOp op, int magnitude, int sign) {
  if (magnitude < 0 || magnitude > kMaxMagnitude) {
    fail(ErrorKind::kUsage, "AutoAugment magnitude: expected 0 to {}, found {}", kMaxMagnitude,
         magnitude);
  }
  const double level = static_cast<double>(magnitude) / kMaxMagnitude;  // in [0, 1]
  const double shear = sign * 0.3 * level;
  const double angle = sign * 30.0 * level;
  const double enhancement = 1.0 + sign * 0.9 * level;
  const auto shift = [&](std::int64_t extent) {
    return sign * static_cast<std::int64_t>(150.0 / 331.0 * static_cast<double>(extent) * level);
  };
  switch (op) {
    case AutoAugmentOp::kShearX:
      return shear_x(image, shear);
    case AutoAugmentOp::kShearY:
      return shear_y(image, shear);
    case AutoAugmentOp::kTranslateX:
      return translate_x(image, shift(image.shape.width));
    case AutoAugmentOp::kTranslateY:
      return translate_y(image, shift(image.shape.height));
    case AutoAugmentOp::kRotate:
      return rotate(image, angle);
    case AutoAugmentOp::kBrightness:
      return adjust_brightness(image, enhancement);
    case AutoAugmentOp::kColor:
      return adjust_color(image, enhancement);
    case AutoAugmentOp::kContrast:
      return adjust_contrast(image, enhancement);
    case AutoAugmentOp::kSharpness:
      return adjust_sharpness(image, enhancement);
    case AutoAugmentOp::kPosterize:
      return posterize(image, 8 - static_cast<int>(std::lround(4 * level)));
    case AutoAugmentOp::kSolarize:
      return solarize(image, 255.0 - 255.0 * magnitude / kMaxMagnitude);
    case AutoAugmentOp::kAutoContrast:
      return auto_contrast(image);
    case AutoAugmentOp::kEqualize:
      return equalize(image);
    case AutoAugmentOp::kInvert:
      return invert(image);
  }
}

void autoaugment(Image& image, Random& random) {
  const auto& policy = cifar10_policy();
  const auto& chosen =
      policy[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(policy.size())))];
  for (const auto& step : chosen) {
    // Draw both in any case, so that the draws of the next step do not depend on this one.
    const bool done = random.chance(step.probability);
    const int sign = random.below(2) == 0 ? -1 : 1;
    if (done) apply_op(image, step.op, step.magnitude, sign);
  }
}

}  // namespace staa::data
