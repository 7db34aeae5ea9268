#pragma once

#include <torch/types.h>

namespace staa::ops {

/// 2x2 average pool with stride 2 over images [N, C, H, W] of any type: [N, C, ceil(H/2),
/// ceil(W/2)]. Windows that the border cuts off average the values that they contain. The same as
/// LibTorch's avg_pool2d with ceil_mode, but channels-last images on a CPU use staa's own kernels.
torch::Tensor average_pool2(const torch::Tensor& x);

}  // namespace staa::ops
