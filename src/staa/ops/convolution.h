#pragma once

#include <torch/types.h>

#include <cstdint>

/// Dense convolutions without bias of x [N, C, H, W] by `weight` [O, C, kH, kW], with the results
/// of LibTorch's. In float on a CPU, 3x3 convolutions of stride and padding 1 with enough channels
/// and pixels use Winograd's algorithm (kernels/winograd/winograd.h), which takes about half the
/// time; all others, and all while UseReference is active, are LibTorch's.
namespace staa::ops {

/// Whether a convolution uses Winograd's algorithm.
bool uses_winograd(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                   std::int64_t padding);

/// torch::conv2d(), with autograd.
torch::Tensor dense_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                std::int64_t stride, std::int64_t padding);

/// The same without autograd, by Winograd's algorithm if `winograd`, which uses_winograd() must
/// have allowed for tensors of these shapes. It repeats a convolution to the bit.
torch::Tensor dense_convolution_by(bool winograd, const torch::Tensor& x,
                                   const torch::Tensor& weight, std::int64_t stride,
                                   std::int64_t padding);

struct ConvolutionGradients {
  torch::Tensor x;       ///< undefined unless asked for
  torch::Tensor weight;  ///< undefined unless asked for
};

/// The gradients of a convolution, given those of its output, by Winograd's algorithm if
/// `winograd`. Winograd's have no derivatives. Only the shape of x is read unless the
/// gradient of the weight is asked for.
ConvolutionGradients convolution_gradients(bool winograd, const torch::Tensor& dy,
                                           const torch::Tensor& x, const torch::Tensor& weight,
                                           std::int64_t stride, std::int64_t padding, bool of_x,
                                           bool of_weight);

}  // namespace staa::ops
