#pragma once

#include <torch/types.h>

#include <vector>

#include "staa/ops/input.h"
#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

/// Neuron layers, all time steps in one operator. On a CPU, in float and double, they run on fused
/// kernels with a backward pass of their own; elsewhere they are the reference composition, whose
/// results they share but for rounding. Arguments, shapes and errors as in ops/reference/neurons.h;
/// BatchNorm and the residual sum are applied while the neurons read their input.
namespace staa::ops {

/// Leaky integrate-and-fire over T steps (Eq. 1-3): X [T, B, C, H, W] -> spikes of the same shape,
/// channels-last inside a step. Of currents in bf16 the arithmetic and the parameters are float.
Spikes lif(const NeuronInput& input, const NeuronOptions& options);

/// LIF with learnable coefficients (Eq. 6), `decay` M and `gain` N of shape [C].
Spikes adaptive_lif(const NeuronInput& input, const torch::Tensor& decay, const torch::Tensor& gain,
                    const NeuronOptions& options);

/// Spikes, and the membrane [B, C, H, W] of the last step, in the type of the arithmetic.
struct SpikesAndMembrane {
  Spikes spikes;
  torch::Tensor membrane;
};

/// As adaptive_lif(), from a membrane that an earlier call has returned to the next one: sequences
/// in parts. Without a `membrane` it is 0 before the first step. Soft resets and what a membrane
/// stands for are set by `membranes`. On graphics cards this is a composition of LibTorch's calls.
SpikesAndMembrane lif_with_state(const NeuronInput& input, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const torch::Tensor& membrane,
                                 const NeuronOptions& options, const MembraneOptions& membranes);

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). `dropped[t]` tells whether TSRD
/// drops step t (Section 3.2); empty means that none is.
Spikes staa_lif(const NeuronInput& input, const StaaLifParameters& parameters,
                const NeuronOptions& options, const std::vector<bool>& dropped = {});

}  // namespace staa::ops
