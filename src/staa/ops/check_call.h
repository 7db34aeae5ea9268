#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "staa/ops/input.h"
#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

/// What the operators ask of their arguments before anything reads them, on every device and for
/// every implementation: each tensor against all others. The kernels behind them trust the shapes.
/// All throw Error(kRuntime) that names the operator, the argument, what was expected and what was
/// found.
namespace staa::ops {

/// The input of neurons: x [T or 1, B, C, H, W] of floating point, the residual [T or 1, B, C, H,
/// W], their BatchNorms [C], and the bits of a residual that is spikes.
void check_input(const char* op, const NeuronInput& input);

/// A tensor with one number per channel of x, such as the decay of adaptive LIF neurons.
void check_per_channel(const char* op, const char* name, const torch::Tensor& tensor,
                       const torch::Tensor& x);

/// The membrane [B, C, H, W] before the first step of neurons driven by x, of the type of their
/// arithmetic; may be undefined.
void check_membrane(const char* op, const torch::Tensor& membrane, const torch::Tensor& x);

/// Options of neurons with a state: they fire, and a soft reset subtracts a finite number.
void check_spiking(const char* op, const NeuronOptions& options, const MembraneOptions& membranes);

/// The aggregator's parameters and TSRD's draws for an input that has passed check_input().
void check_aggregator(const char* op, const NeuronInput& input, const StaaLifParameters& parameters,
                      PePlacement placement, const std::vector<bool>& dropped);

/// A convolution without bias of x [N, C, H, W] by weight [O, C, kH, kW]; `bits` as in spikes.h.
void check_convolution(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                       std::int64_t padding, const torch::Tensor& bits);

}  // namespace staa::ops
