#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>

#include "staa/kernels/convolution_shape.h"

namespace staa::ops {

/// A size or a count of the kernels as LibTorch's signed numbers.
inline std::int64_t signed_size(std::size_t value) { return static_cast<std::int64_t>(value); }

/// The shape of a convolution of x [N, C, H, W] by a square `weight` [O, C, k, k].
inline kernels::ConvolutionShape convolution_shape(const torch::Tensor& x,
                                                   const torch::Tensor& weight, std::int64_t stride,
                                                   std::int64_t padding) {
  const auto at = [](const torch::Tensor& tensor, std::int64_t dim) {
    return static_cast<std::size_t>(tensor.size(dim));
  };
  return {at(x, 0),
          at(x, 2),
          at(x, 3),
          at(x, 1),
          at(weight, 0),
          at(weight, 2),
          static_cast<std::size_t>(stride),
          static_cast<std::size_t>(padding)};
}

}  // namespace staa::ops
