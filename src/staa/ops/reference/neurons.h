#pragma once

#include <torch/types.h>

#include <functional>
#include <vector>

#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::ops::reference {

struct SpikesAndMembrane {
  torch::Tensor spikes;
  torch::Tensor membrane;
};

/// Leaky integrate-and-fire over T steps (Eq. 1-3): x [T, B, C, H, W] -> spikes of the same shape.
/// Each step's [B, C, H, W] may have any strides; the output's are channels-last when x's are.
torch::Tensor lif(const torch::Tensor& x, const NeuronOptions& options);

/// LIF with learnable coefficients (Eq. 6), `decay` M and `gain` N of shape [C].
torch::Tensor adaptive_lif(const torch::Tensor& x, const torch::Tensor& decay,
                           const torch::Tensor& gain, const NeuronOptions& options);

/// As adaptive_lif(), from an initial membrane [B, C, H, W] (undefined: 0) and with the last one;
/// the reset is that of `membranes`.
SpikesAndMembrane lif_with_state(const torch::Tensor& x, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const torch::Tensor& membrane,
                                 const NeuronOptions& options, const MembraneOptions& membranes);

/// What the blocks of the aggregator read in one step, each [B, C, H, W]: GC1, GC2 and SA.
using AggregatorObserver =
    std::function<void(const torch::Tensor& x, const torch::Tensor& h, const torch::Tensor& u)>;

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). `dropped[t]` tells whether TSRD
/// drops step t (Section 3.2); empty means that none is. `observe`, if set, is called in every step
/// that is not dropped.
torch::Tensor staa_lif(const torch::Tensor& x, const StaaLifParameters& parameters,
                       const NeuronOptions& options, const std::vector<bool>& dropped = {},
                       const AggregatorObserver& observe = {});

}  // namespace staa::ops::reference
