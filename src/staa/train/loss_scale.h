#pragma once

#include <cstdint>

namespace staa::train {

/// The factor on the loss of a backward pass in fp16, whose gradients would vanish without it, and
/// on these gradients until the optimiser takes them. It follows them: it halves when some are not
/// finite, whose step is left out, and doubles after kGrowthSteps steps in a row that were taken.
/// Its values are powers of two of the first one, so that scaling itself rounds nothing.
struct LossScale {
  static constexpr double kFirst = 65536;    ///< of fp16
  static constexpr double kLeast = 1;        ///< at which gradients that are not finite are a fault
  static constexpr double kMost = 16777216;  ///< 2^24; gradients of 0 would let it grow for ever
  static constexpr std::int64_t kGrowthSteps = 2000;

  double value = 1;
  std::int64_t steps = 0;  ///< taken since `value` last changed

  /// Whether gradients that are not finite may be the scale's own doing.
  bool can_fall() const { return value > kLeast; }

  /// After a backward pass: `finite` tells whether its gradients were.
  void follow(bool finite);
};

}  // namespace staa::train
