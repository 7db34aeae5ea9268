#include "staa/deploy/quantise.h"

namespace staa::deploy {

Quantised quantise(const torch::Tensor& weight) {
  constexpr double kLevels = 127;
  constexpr int kTries = 21;
  const auto largest = weight.abs().amax({0, 1, 2}).clamp_min(1e-12);  // [out]
  torch::Tensor best;
  Quantised result;
  for (int i = 0; i < kTries; ++i) {
    const auto scale = largest * ((1 - i / (3.0 * (kTries - 1))) / kLevels);
    const auto values = (weight / scale).round().clamp(-kLevels, kLevels);
    const auto error = (values * scale - weight).square().sum({0, 1, 2});
    if (i == 0) {
      best = error;
      result = {values, scale};
      continue;
    }
    const auto better = error < best;
    best = torch::where(better, error, best);
    result.values = torch::where(better, values, result.values);
    result.scale = torch::where(better, scale, result.scale);
  }
  result.values = result.values.to(torch::kChar).contiguous();
  result.scale = result.scale.contiguous();
  return result;
}

}  // namespace staa::deploy
