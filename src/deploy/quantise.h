#pragma once

#include <torch/torch.h>

namespace staa::deploy {

/// weight ~ scale * values, a scale an output channel.
struct Quantised {
  torch::Tensor values;  ///< int8 in [-127, 127], the shape of the weight
  torch::Tensor scale;   ///< [out]
};

/// Rounds weights [k, k, in, out]; each channel's scale is the one that leaves the smallest squared
/// error among those that cut off up to a third of the range.
Quantised quantise(const torch::Tensor& weight);

}  // namespace staa::deploy
