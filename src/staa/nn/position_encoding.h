#pragma once

#include <torch/types.h>

namespace staa::nn {

/// Fixed sinusoids (Vaswani et al., 2017) for T positions and C channels, [T, C] in [-1, 1]:
/// sin(t / 10000^(2i/C)) in channel 2i, cos of the same in channel 2i + 1.
torch::Tensor sinusoidal_encoding(std::int64_t steps, std::int64_t channels);

}  // namespace staa::nn
