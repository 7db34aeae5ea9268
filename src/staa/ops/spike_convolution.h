#pragma once

#include <torch/types.h>

#include <functional>

namespace staa::ops {

/// The output of a convolution, and a function that recomputes exactly the same values so that they
/// need not be kept. `again` throws Error(kRuntime) if the weight has changed since.
struct Convolved {
  torch::Tensor values;
  std::function<torch::Tensor()> again;  ///< empty if no gradients are recorded
};

/// Convolution without bias of x [N, C, H, W] by `weight` [O, C, kH, kW], with the result of
/// torch::conv2d.
///
/// If every value of x is 0 or 1 (in float, double or bf16 on a CPU, with a square kernel of at
/// most 3, a padding below that and a stride of 1 or 2), the backward pass keeps x as one bit per
/// value. If in addition few values are 1, only the spikes are worked on: the cost of the forward
/// pass and of the weight's gradient is then proportional to the firing rate. Any other x is
/// convolved densely. `bits` [N, words] are the bits of x, if they are known (spikes.h); otherwise
/// x is examined.
///
/// For x in bf16 the weight stays in float: the output is bf16, and sums over spikes and the
/// weight's gradient are float.
Convolved convolve_spikes(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                          std::int64_t padding, const torch::Tensor& bits = {});

/// Returns only the values of convolve_spikes().
torch::Tensor spike_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                std::int64_t stride = 1, std::int64_t padding = 1);

}  // namespace staa::ops
