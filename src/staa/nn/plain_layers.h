#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include "staa/ops/input.h"
#include "staa/ops/spike_convolution.h"

/// Prepares LibTorch's layers for the fused operators. If an operator does not support a layer's
/// options, the layer computes itself.
namespace staa::nn {

/// Convolves images [N, C, H, W] in the number format `type`; `bits` is described in ops/spikes.h.
ops::Convolved convolve(torch::nn::Conv2dImpl& conv, const torch::Tensor& images,
                        torch::ScalarType type, const torch::Tensor& bits);

/// Reads a BatchNorm for currents with the type of `like`; in training it counts a batch, as the
/// module does. Without weight and bias the scale is 1; without running statistics the batch's are
/// used.
ops::BatchNorm read_norm(torch::nn::BatchNorm2dImpl& module, const torch::Tensor& like);

}  // namespace staa::nn
