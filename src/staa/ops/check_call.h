#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "staa/ops/input.h"
#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

/// Checks of the operators' arguments, which run before anything reads them, on every device and
/// for every implementation. Every tensor is checked against all others, since the kernels trust
/// the shapes. All checks throw Error(kRuntime) naming the operator, the argument, what was
/// expected and what was found.
namespace staa::ops {

/// Checks the input of neurons: x [T or 1, B, C, H, W] in floating point, the residual [T or 1, B,
/// C, H, W], their BatchNorms [C], and the bits of a residual that consists of spikes.
void check_input(const char* op, const NeuronInput& input);

/// Checks a tensor with one number per channel of x, such as the decay of adaptive LIF neurons.
void check_per_channel(const char* op, const char* name, const torch::Tensor& tensor,
                       const torch::Tensor& x);

/// Checks the membrane [B, C, H, W] before the first step of neurons driven by x. It has the type
/// of their arithmetic and may be undefined.
void check_membrane(const char* op, const torch::Tensor& membrane, const torch::Tensor& x);

/// Checks the options of neurons with a state: they must fire, and a soft reset must subtract a
/// finite number.
void check_spiking(const char* op, const NeuronOptions& options, const MembraneOptions& membranes);

/// Checks the aggregator's parameters and TSRD's draws, for an input that has passed check_input().
void check_aggregator(const char* op, const NeuronInput& input, const StaaLifParameters& parameters,
                      PePlacement placement, const std::vector<bool>& dropped);

/// Checks a convolution without bias of x [N, C, H, W] by weight [O, C, kH, kW]. `bits` is
/// described in spikes.h.
void check_convolution(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                       std::int64_t padding, const torch::Tensor& bits);

}  // namespace staa::ops
