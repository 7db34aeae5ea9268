#pragma once

#include <torch/types.h>

namespace staa::deploy {

enum class Bits { k8, k16 };

/// weight ~ scale * values, with one scale per output channel.
struct Quantised {
  torch::Tensor values;  ///< int8 in [-127, 127] or int16 in [-32767, 32767], the weight's shape
  torch::Tensor scale;   ///< [out]
};

/// Rounds weights [k, k, in, out] in double precision so that errors cancel, since spikes of one
/// channel occur in neighbouring pixels and a channel fires repeatedly. Some weights are rounded to
/// the second-nearest integer, so that the errors of each input channel's window, and those of all
/// channels of an output, sum to at most about half a step. Each `variant` uses scales that are a
/// few thousandths smaller and so rounds all weights differently. With 16 bits the scales are large
/// enough that 32-bit sums can hold levels up to 16.
Quantised quantise(const torch::Tensor& weight, Bits bits = Bits::k8, int variant = 0);

}  // namespace staa::deploy
