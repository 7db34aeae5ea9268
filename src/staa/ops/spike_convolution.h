#pragma once

#include <torch/types.h>

#include <functional>

namespace staa::ops {

/// The output of a convolution, and a way to have it again to the bit, for those who would rather
/// compute than keep it. Asked for after its weight has changed, `again` throws Error(kRuntime).
struct Convolved {
  torch::Tensor values;
  std::function<torch::Tensor()> again;  ///< gives the values again; empty where no gradient is
};

/// Convolution without bias of x [N, C, H, W] by a square `weight` [O, C, k, k], as
/// torch::conv2d. Where every value of x is 0 or 1 (float, double or bf16 on a CPU, k <= 3) and
/// few are 1, only the spikes are worked on: the cost of the forward pass and of the weight's
/// gradient is in proportion to the firing rate, and the backward pass keeps x as one bit a value.
/// Any other x is convolved densely. `bits` [N, words] are those of x where they are known
/// (spikes.h); else x is read to find out. Of x in bf16 the weight stays in float: the output is
/// bf16, sums over spikes are float, and the weight's gradient is float.
Convolved convolve_spikes(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                          std::int64_t padding, const torch::Tensor& bits = {});

/// Its values alone.
torch::Tensor spike_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                std::int64_t stride = 1, std::int64_t padding = 1);

}  // namespace staa::ops
