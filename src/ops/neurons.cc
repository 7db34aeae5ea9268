#include "staa/ops/neurons.h"

#include "staa/ops/fused_neuron.h"
#include "staa/ops/reference/input.h"
#include "staa/ops/reference/neurons.h"

namespace staa::ops {
namespace {

/// A layer whose plain update, alike in every channel, is that of a LIF or, with `sum`, V = X + H.
FusedLayer plain_layer(const NeuronInput& input, const NeuronOptions& options, bool sum) {
  const auto& x = input.main.values;
  const auto channels = x.dim() == 5 ? x.size(2) : 0;
  FusedLayer layer;
  layer.options = options;
  layer.decay =
      torch::full({channels}, sum ? 1 : 1 - 1 / options.tau, x.options().requires_grad(false));
  layer.gain = torch::full({channels}, sum ? 1 : 1 / options.tau, x.options().requires_grad(false));
  return layer;
}

}  // namespace

torch::Tensor lif(const NeuronInput& input, const NeuronOptions& options) {
  const auto spikes = fused_neuron(input, plain_layer(input, options, /*sum=*/false));
  return spikes.defined() ? spikes : reference::lif(reference::compose(input), options);
}

torch::Tensor adaptive_lif(const NeuronInput& input, const torch::Tensor& decay,
                           const torch::Tensor& gain, const NeuronOptions& options) {
  FusedLayer layer;
  layer.options = options;
  layer.decay = decay;
  layer.gain = gain;
  const auto spikes = fused_neuron(input, layer);
  return spikes.defined()
             ? spikes
             : reference::adaptive_lif(reference::compose(input), decay, gain, options);
}

torch::Tensor staa_lif(const NeuronInput& input, const StaaLifParameters& parameters,
                       const NeuronOptions& options, const std::vector<bool>& dropped) {
  auto layer = plain_layer(input, options, options.tsrd_fallback == TsrdFallback::kSum);
  layer.aggregate = true;
  layer.staa = parameters;
  layer.dropped = dropped;
  const auto spikes = fused_neuron(input, layer);
  return spikes.defined()
             ? spikes
             : reference::staa_lif(reference::compose(input), parameters, options, dropped);
}

}  // namespace staa::ops
