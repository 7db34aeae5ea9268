#include "staa/ops/neurons.h"

#include "staa/ops/check_call.h"
#include "staa/ops/elements.h"
#include "staa/ops/fused_neuron.h"
#include "staa/ops/reference/input.h"
#include "staa/ops/reference/neurons.h"

namespace staa::ops {
namespace {

/// A layer whose plain update, alike in every channel, is that of a LIF or, with `sum`, V = X + H.
FusedLayer plain_layer(const NeuronInput& input, const NeuronOptions& options, bool sum) {
  const auto& x = input.main.values;
  const auto channels = x.size(2);
  FusedLayer layer;
  layer.options = options;
  const auto numbers = x.options().dtype(compute_type(x.scalar_type())).requires_grad(false);
  layer.decay = torch::full({channels}, sum ? 1 : 1 - 1 / options.tau, numbers);
  layer.gain = torch::full({channels}, sum ? 1 : options.input_gain(), numbers);
  return layer;
}

}  // namespace

Spikes lif(const NeuronInput& input, const NeuronOptions& options) {
  check_input("lif", input);
  const auto spikes = fused_neuron(input, plain_layer(input, options, /*sum=*/false)).spikes;
  return spikes.defined() ? spikes : Spikes(reference::lif(reference::compose(input), options));
}

Spikes adaptive_lif(const NeuronInput& input, const torch::Tensor& decay, const torch::Tensor& gain,
                    const NeuronOptions& options) {
  check_input("adaptive_lif", input);
  check_per_channel("adaptive_lif", "decay", decay, input.main.values);
  check_per_channel("adaptive_lif", "gain", gain, input.main.values);
  FusedLayer layer;
  layer.options = options;
  layer.decay = decay;
  layer.gain = gain;
  const auto spikes = fused_neuron(input, layer).spikes;
  return spikes.defined()
             ? spikes
             : Spikes(reference::adaptive_lif(reference::compose(input), decay, gain, options));
}

SpikesAndMembrane lif_with_state(const NeuronInput& input, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const torch::Tensor& membrane,
                                 const NeuronOptions& options, const MembraneOptions& membranes) {
  constexpr const char* kName = "lif_with_state";
  check_input(kName, input);
  check_per_channel(kName, "decay", decay, input.main.values);
  check_per_channel(kName, "gain", gain, input.main.values);
  check_membrane(kName, membrane, input.main.values);
  check_spiking(kName, options, membranes);
  FusedLayer layer;
  layer.options = options;
  layer.options.kind = NeuronKind::kAdaptiveLif;
  layer.decay = decay;
  layer.gain = gain;
  layer.has_state = true;
  layer.membranes = membranes;
  layer.membrane = membrane;
  const auto fused = fused_neuron(input, layer);
  if (fused.defined()) return {fused.spikes, fused.membrane};
  const auto plain = reference::lif_with_state(reference::compose(input), decay, gain, membrane,
                                               options, membranes);
  return {plain.spikes, plain.membrane};
}

Spikes staa_lif(const NeuronInput& input, const StaaLifParameters& parameters,
                const NeuronOptions& options, const std::vector<bool>& dropped) {
  check_input("staa_lif", input);
  check_aggregator("staa_lif", input, parameters, options.pe_placement, dropped);
  auto layer = plain_layer(input, options, options.tsrd_fallback == TsrdFallback::kSum);
  layer.aggregate = true;
  layer.staa = parameters;
  layer.dropped = dropped;
  const auto spikes = fused_neuron(input, layer).spikes;
  return spikes.defined()
             ? spikes
             : Spikes(reference::staa_lif(reference::compose(input), parameters, options, dropped));
}

}  // namespace staa::ops
