#include "staa/runtime/prediction.h"

#include <algorithm>
#include <cmath>

namespace staa::runtime {

Prediction predict(const std::vector<float>& sums, std::size_t steps) {
  Prediction prediction;
  prediction.steps = steps;
  prediction.probabilities = sums;
  auto& values = prediction.probabilities;
  for (auto& value : values) value /= static_cast<float>(steps);
  const auto best = std::max_element(values.begin(), values.end());
  prediction.label = static_cast<std::size_t>(best - values.begin());
  const float most = *best;
  float total = 0;
  for (auto& value : values) total += value = std::exp(value - most);
  for (auto& value : values) value /= total;
  prediction.probability = values[prediction.label];
  return prediction;
}

}  // namespace staa::runtime
