#pragma once

#include <torch/types.h>

#include "staa/ops/input.h"

namespace staa::ops::reference {

/// Returns X [T, B, C, H, W] as a tensor, by BatchNorm, sum and repetition over the steps, one
/// after the other.
torch::Tensor compose(const NeuronInput& input);

}  // namespace staa::ops::reference
