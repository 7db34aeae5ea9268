#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "staa/options/neuron.h"

namespace staa::analysis {

/// True when every value is 0 or 1.
bool is_binary(const torch::Tensor& x);

/// Multiply-adds of a dense convolution on one image and step: weight [out, in, k, k], output
/// extent height x width.
double convolution_flops(const torch::Tensor& weight, std::int64_t height, std::int64_t width);

/// Accumulates of a convolution on spikes [N, C, H, W] in sum over N: for each spike, the outputs
/// that its value reaches, exactly: fewer at the border, and as the stride leaves them.
double convolution_accumulates(const torch::Tensor& spikes, const torch::Tensor& weight,
                               std::int64_t stride);

/// Multiply-accumulates of the blocks of a neuron on one image and step, `pixels` = H * W: for each
/// of the two GC blocks C*HW for the key, C*HW for the weighted sum and 2*C*R for query and value;
/// for SA 2*C*R'. 0 for a neuron without blocks.
double block_macs(const NeuronOptions& options, std::int64_t channels, std::int64_t pixels);

}  // namespace staa::analysis
