#pragma once

#include <torch/types.h>

#include <ostream>
#include <vector>

#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::test {

/// A random shape, options and weights for a neuron, all determined by the seed.
struct RandomCase {
  NeuronOptions options;
  torch::Tensor x;  ///< [T, B, C, H, W], channels-last within a step or not
  ops::StaaLifParameters parameters;
  std::vector<bool> dropped;

  /// All tensors with a gradient: x and the parameters that are defined.
  std::vector<torch::Tensor> inputs() const;
};

/// kSmall has a few values along each dimension, for slow checks. kWide goes up to T = 16, B = 20
/// and C = 70, so that vectors are filled and leave remainders, and its position encodings have
/// more steps than the sequence.
enum class CaseSize { kSmall, kWide };

RandomCase random_case(std::uint64_t seed, CaseSize size = CaseSize::kSmall,
                       torch::ScalarType type = torch::kDouble);

std::ostream& operator<<(std::ostream& out, const RandomCase& c);

}  // namespace staa::test
