#pragma once

#include <cstdint>

namespace staa::train {

/// The factor that multiplies the loss in fp16 training, so that small gradients do not vanish in
/// the backward pass. The optimiser divides the gradients by it. The scale halves when a gradient
/// is not finite, and that step is skipped. It doubles after kGrowthSteps steps in a row without
/// this. Its values are the first one times powers of two, so that scaling itself adds no rounding
/// error.
struct LossScale {
  static constexpr double kFirst = 65536;    ///< initial scale for fp16
  static constexpr double kLeast = 1;        ///< at this scale, non-finite gradients are an error
  static constexpr double kMost = 16777216;  ///< 2^24; zero gradients would let it grow forever
  static constexpr std::int64_t kGrowthSteps = 2000;

  double value = 1;
  std::int64_t steps = 0;  ///< steps taken since `value` last changed

  /// Whether the scale may be what makes gradients non-finite, so that it should be reduced.
  bool can_fall() const { return value > kLeast; }

  /// Updates the scale after a backward pass; `finite` says whether its gradients were finite.
  void follow(bool finite);
};

}  // namespace staa::train
