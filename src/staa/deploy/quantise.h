#pragma once

#include <torch/types.h>

namespace staa::deploy {

/// weight ~ scale * values, a scale an output channel.
struct Quantised {
  torch::Tensor values;  ///< int8 in [-127, 127], the shape of the weight
  torch::Tensor scale;   ///< [out]
};

/// Rounds weights [k, k, in, out] of double precision so that errors cancel: spikes of one channel
/// come together in neighbouring places, and a channel fires again and again. Not each weight goes
/// to its nearest step: some go to the next one, so that the errors of each input channel's window,
/// and those of all channels of an output, sum up to at most about half a step. Every `variant`
/// takes scales that are a few thousandths smaller, and so rounds everything anew.
Quantised quantise(const torch::Tensor& weight, int variant = 0);

}  // namespace staa::deploy
