#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "staa/ops/input.h"
#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

/// One call of a neuron layer: its tensors that may have gradients, and everything else.
namespace staa::ops {

/// A term of the input X.
struct TermTensors {
  torch::Tensor values;       ///< [T or 1, B, C, H, W]
  torch::Tensor norm_weight;  ///< [C], or undefined without BatchNorm
  torch::Tensor norm_bias;    ///< [C]
};

/// The tensors of a call that may have gradients, or their gradients. Those that the layer does not
/// have are undefined.
struct NeuronTensors {
  std::array<TermTensors, 2> terms;  ///< main current, residual
  torch::Tensor decay;               ///< [C], of adaptive LIF neurons
  torch::Tensor gain;                ///< [C]
  StaaLifParameters staa;
  torch::Tensor membrane;  ///< [B, C, H, W], before the first step; undefined: 0
};

/// Calls `use` with every sequence, and with every other tensor of a call, in a fixed order.
template <class Tensors, class Use>
void for_each_sequence(Tensors& tensors, const Use& use) {
  for (auto& term : tensors.terms) use(term.values);
}
template <class Tensors, class Use>
void for_each_parameter(Tensors& tensors, const Use& use) {
  for (auto& term : tensors.terms) {
    use(term.norm_weight);
    use(term.norm_bias);
  }
  use(tensors.decay);
  use(tensors.gain);
  use(tensors.staa.pe);
  for_each_gc_tensor(tensors.staa.gc1, use);
  for_each_gc_tensor(tensors.staa.gc2, use);
  for_each_sa_tensor(tensors.staa.sa, use);
  use(tensors.membrane);
}

/// Calls `use` with all tensors, in the order in which autograd sees them.
template <class Tensors, class Use>
void for_each_tensor(Tensors& tensors, const Use& use) {
  for_each_sequence(tensors, use);
  for_each_parameter(tensors, use);
}

/// The settings of a term, without its tensors.
struct TermSettings {
  BatchNorm norm;                        ///< without weight and bias
  torch::Tensor bits;                    ///< of spikes (spikes.h), if the backend reads them
  std::function<torch::Tensor()> again;  ///< computes the values again for the backward pass
};

/// The settings of a call, without its tensors.
struct CallSettings {
  NeuronOptions options;
  PlainUpdate update;  ///< of steps without the aggregator; adaptive neurons have tensors instead
  std::int64_t steps = 0;             ///< T
  bool aggregate = false;             ///< use the aggregator in steps that are not dropped
  std::vector<std::uint8_t> dropped;  ///< [T], not 0 where TSRD drops the step; empty: nowhere
  std::array<TermSettings, 2> terms;
  bool has_state = false;  ///< return the last membrane; not with the aggregator
  MembraneOptions membranes;

  bool learns_update = false;  ///< compute the gradients of the decay and gain tensors

  bool adaptive() const { return options.kind == NeuronKind::kAdaptiveLif; }
};

struct NeuronCall {
  CallSettings settings;
  NeuronTensors tensors;
};

/// Builds the call of LIF neurons driven by `input`. Other neurons add their parameters and state.
NeuronCall make_call(const NeuronInput& input, const NeuronOptions& options);

}  // namespace staa::ops
