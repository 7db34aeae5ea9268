#pragma once

#include <torch/types.h>

namespace staa::ops {

/// Mean over windows of 2x2 with stride 2 of images x [N, C, H, W], any type: [N, C, ceil(H/2),
/// ceil(W/2)]; windows on an odd edge are the mean of what they hold. LibTorch's avg_pool2d with
/// ceil_mode, by staa's own kernels for channels-last images on a CPU.
torch::Tensor average_pool2(const torch::Tensor& x);

}  // namespace staa::ops
