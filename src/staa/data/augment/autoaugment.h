#pragma once

#include <array>
#include <cstddef>

#include "staa/data/image.h"
#include "staa/util/random.h"

namespace staa::data {

/// An operation of AutoAugment's search space that its CIFAR-10 policy uses (image_ops.h).
enum class AutoAugmentOp {
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY,
  kRotate,
  kBrightness,
  kColor,
  kContrast,
  kSharpness,
  kPosterize,
  kSolarize,
  kAutoContrast,
  kEqualize,
  kInvert,
};

/// One step of a sub-policy: the operation is applied with this probability at a magnitude from 0
/// to 9 (which has no effect on AutoContrast, Equalize and Invert).
struct AutoAugmentStep {
  AutoAugmentOp op;
  double probability;
  int magnitude;
};

using AutoAugmentSubPolicy = std::array<AutoAugmentStep, 2>;

/// The 25 sub-policies found on CIFAR-10: Cubuk et al., "AutoAugment: Learning Augmentation
/// Strategies from Data" (2019), table 7.
const std::array<AutoAugmentSubPolicy, 25>& cifar10_policy();

/// Applies one operation. `sign` (1 or -1) is its direction if it has one: this concerns shears,
/// translations, rotation and the four enhancements. Throws Error(kUsage) if the magnitude is not
/// in 0 to 9.
void apply_op(Image& image, AutoAugmentOp op, int magnitude, int sign);

/// Draws one of the 25 sub-policies, and for each of its two steps whether to apply it and its
/// sign.
void autoaugment(Image& image, Random& random);

}  // namespace staa::data
