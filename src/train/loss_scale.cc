#include "staa/train/loss_scale.h"

#include <algorithm>

namespace staa::train {

void LossScale::follow(bool finite) {
  if (!finite) {
    value = std::max(kLeast, value / 2);
    steps = 0;
  } else if (++steps >= kGrowthSteps) {
    if (value < kMost) value *= 2;
    steps = 0;
  }
}

double first_loss_scale(const recipe::Recipe& recipe) {
  if (recipe.train.loss_scale > 0) return recipe.train.loss_scale;
  return recipe.execution.precision == Precision::kFp16 ? LossScale::kFirst : 0;
}

}  // namespace staa::train
