#pragma once

#include <torch/torch.h>

#include <vector>

#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::ops::reference {

/// Leaky integrate-and-fire over T steps (Eq. 1-3): x [T, B, C, H, W] -> spikes of the same shape.
/// Each step's [B, C, H, W] may have any strides; the output's are channels-last when x's are.
torch::Tensor lif(const torch::Tensor& x, const NeuronOptions& options);

/// LIF with learnable coefficients (Eq. 6), `decay` M and `gain` N of shape [C].
torch::Tensor adaptive_lif(const torch::Tensor& x, const torch::Tensor& decay,
                           const torch::Tensor& gain, const NeuronOptions& options);

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). `dropped[t]` tells whether TSRD
/// drops step t (Section 3.2); empty means that none is.
torch::Tensor staa_lif(const torch::Tensor& x, const StaaLifParameters& parameters,
                       const NeuronOptions& options, const std::vector<bool>& dropped = {});

}  // namespace staa::ops::reference
