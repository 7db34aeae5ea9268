#pragma once

#include <torch/types.h>

#include "staa/ops/input.h"

namespace staa::ops::reference {

/// X [T, B, C, H, W], a tensor of its own: BatchNorm, sum and repetition over the steps, one by
/// one.
torch::Tensor compose(const NeuronInput& input);

}  // namespace staa::ops::reference
