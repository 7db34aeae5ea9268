#pragma once

#include <torch/types.h>

#include <vector>

#include "staa/ops/input.h"
#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::ops {

/// A neuron layer as the fused kernels take it: a plain update V = decay * H + gain * X, and the
/// aggregator in the steps that are not dropped.
struct FusedLayer {
  NeuronOptions options;
  torch::Tensor decay;  ///< [C]
  torch::Tensor gain;   ///< [C]
  bool aggregate = false;
  StaaLifParameters staa;
  std::vector<bool> dropped;
  bool has_state = false;  ///< the last membrane is asked for; not with the aggregator
  MembraneOptions membranes;
  torch::Tensor membrane;  ///< before the first step; undefined: 0
};

/// What the kernels give.
struct FusedOutput {
  Spikes spikes;
  torch::Tensor membrane;  ///< the last one, where the layer has a state

  bool defined() const { return spikes.defined(); }
};

/// Spikes [T, B, C, H, W] on the fused kernels, with a backward pass of their own; undefined where
/// the kernels do not take these tensors (another device or type, mixed types, no
/// values; states and soft resets on a card), or a UseReference lives.
FusedOutput fused_neuron(const NeuronInput& input, const FusedLayer& layer);

}  // namespace staa::ops
