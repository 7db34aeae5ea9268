#pragma once

#include <torch/torch.h>

namespace staa::ops {

/// Convolution without bias of x [N, C, H, W] by a square `weight` [O, C, k, k], as
/// torch::conv2d. Where every value of x is 0 or 1 (float or double, on a CPU, k <= 3) only the
/// spikes are worked on: the cost of the forward pass and of the weight's gradient is in proportion
/// to the firing rate, and the backward pass keeps x as one bit a value. Any other x is convolved
/// densely.
torch::Tensor spike_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                std::int64_t stride = 1, std::int64_t padding = 1);

}  // namespace staa::ops
