#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include "staa/ops/input.h"
#include "staa/ops/spike_convolution.h"

/// LibTorch's layers as the fused operators take them. Whatever a layer's options ask for that an
/// operator does not know is computed by the layer itself.
namespace staa::nn {

/// The convolution of images [N, C, H, W] in `type`; `bits` as in ops/spikes.h.
ops::Convolved convolve(torch::nn::Conv2dImpl& conv, const torch::Tensor& images,
                        torch::ScalarType type, const torch::Tensor& bits);

/// A BatchNorm of currents `like` these, counting a batch in training as the module does. Without
/// weight and bias it scales by 1; without running statistics it takes the batch's always.
ops::BatchNorm read_norm(torch::nn::BatchNorm2dImpl& module, const torch::Tensor& like);

}  // namespace staa::nn
