#pragma once

#include <torch/types.h>

#include <ostream>
#include <vector>

#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::test {

/// One random choice of shape, options and weights for a neuron. Everything follows from the seed.
struct RandomCase {
  NeuronOptions options;
  torch::Tensor x;  ///< [T, B, C, H, W], channels-last inside a step or not
  ops::StaaLifParameters parameters;
  std::vector<bool> dropped;

  /// All tensors that carry a gradient: x and the parameters that are defined.
  std::vector<torch::Tensor> inputs() const;
};

/// Small: a few values in every direction, for slow checks. Wide: T to 16, B to 20 and C to 70,
/// which fill vectors and leave remainders, and position encodings of more steps than the sequence
/// has.
enum class CaseSize { kSmall, kWide };

RandomCase random_case(std::uint64_t seed, CaseSize size = CaseSize::kSmall,
                       torch::ScalarType type = torch::kDouble);

std::ostream& operator<<(std::ostream& out, const RandomCase& c);

}  // namespace staa::test
