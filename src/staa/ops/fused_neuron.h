#pragma once

#include <torch/types.h>

#include <vector>

#include "staa/ops/input.h"
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
};

/// Spikes [T, B, C, H, W] on the fused kernels, with a backward pass of their own; undefined where
/// the kernels do not take these tensors (another device or type, mixed types, no
/// values), or a UseReference lives.
Spikes fused_neuron(const NeuronInput& input, const FusedLayer& layer);

}  // namespace staa::ops
