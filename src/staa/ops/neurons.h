#pragma once

#include <torch/types.h>

#include <vector>

#include "staa/ops/input.h"
#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

/// Neuron layers that compute all time steps in one operator. Fused kernels with their own backward
/// pass run sequences in float, double and bf16, and on CUDA devices also in fp16. Other calls run
/// the reference composition, whose results are the same up to rounding. Arguments and shapes are
/// described in ops/reference/neurons.h, errors in ops/check_call.h. BatchNorm and the residual sum
/// are applied while the neurons read their input.
namespace staa::ops {

/// Leaky integrate-and-fire over T steps (Eq. 1-3): X [T, B, C, H, W] -> spikes of the same shape,
/// channels-last within each step. For inputs in bf16 or fp16 the arithmetic and the parameters are
/// float.
Spikes lif(const NeuronInput& input, const NeuronOptions& options);

/// LIF with learnable coefficients (Eq. 6), `decay` M and `gain` N of shape [C].
Spikes adaptive_lif(const NeuronInput& input, const torch::Tensor& decay, const torch::Tensor& gain,
                    const NeuronOptions& options);

/// Like adaptive_lif(), but starts from the `membrane` that an earlier call returned, so that a
/// sequence can be computed in parts. An undefined `membrane` stands for 0. `membranes` sets the
/// kind of reset and whether membranes are passed before or after it. On GPUs this runs the
/// reference composition.
SpikesAndMembrane lif_with_state(const NeuronInput& input, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const torch::Tensor& membrane,
                                 const NeuronOptions& options, const MembraneOptions& membranes);

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). `dropped[t]` says whether TSRD
/// drops step t (Section 3.2); if `dropped` is empty, no step is dropped.
Spikes staa_lif(const NeuronInput& input, const StaaLifParameters& parameters,
                const NeuronOptions& options, const std::vector<bool>& dropped = {});

}  // namespace staa::ops
