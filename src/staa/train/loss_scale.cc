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

}  // namespace staa::train
