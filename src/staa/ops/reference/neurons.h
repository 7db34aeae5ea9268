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
/// Each step's [B, C, H, W] may have any strides; the output is channels-last if x is.
torch::Tensor lif(const torch::Tensor& x, const NeuronOptions& options);

/// LIF with learnable coefficients (Eq. 6), `decay` M and `gain` N of shape [C].
torch::Tensor adaptive_lif(const torch::Tensor& x, const torch::Tensor& decay,
                           const torch::Tensor& gain, const NeuronOptions& options);

/// Like adaptive_lif(), but starts from `membrane` [B, C, H, W] (0 if undefined) and also returns
/// the last one. `membranes` sets the reset.
SpikesAndMembrane lif_with_state(const torch::Tensor& x, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const torch::Tensor& membrane,
                                 const NeuronOptions& options, const MembraneOptions& membranes);

/// Called with the tensors that GC1, GC2 and SA read in one step, each [B, C, H, W].
using AggregatorObserver =
    std::function<void(const torch::Tensor& x, const torch::Tensor& h, const torch::Tensor& u)>;

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). `dropped[t]` says whether TSRD
/// drops step t (Section 3.2); if `dropped` is empty, no step is dropped. `observe`, if set, is
/// called in every step that is not dropped.
torch::Tensor staa_lif(const torch::Tensor& x, const StaaLifParameters& parameters,
                       const NeuronOptions& options, const std::vector<bool>& dropped = {},
                       const AggregatorObserver& observe = {});

}  // namespace staa::ops::reference
