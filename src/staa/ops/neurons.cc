#include "staa/ops/neurons.h"

#include "staa/ops/check_call.h"
#include "staa/ops/neuron/run.h"
#include "staa/ops/reference/input.h"
#include "staa/ops/reference/neurons.h"

namespace staa::ops {
namespace {

/// Runs the call on the backend that takes it, or returns the spikes of `reference(X)` if none
/// does.
template <class Reference>
Spikes run_or(const NeuronInput& input, NeuronCall call, const Reference& reference) {
  if (const auto* backend = choose_backend(call)) {
    return run_neurons(*backend, std::move(call)).spikes;
  }
  return Spikes(reference(reference::compose(input)));
}

/// The call of adaptive LIF neurons.
NeuronCall adaptive_call(const NeuronInput& input, const torch::Tensor& decay,
                         const torch::Tensor& gain, NeuronOptions options) {
  options.kind = NeuronKind::kAdaptiveLif;
  auto call = make_call(input, options);
  call.settings.update = {};  // the tensors take its place, and the reset does not leak
  call.tensors.decay = decay;
  call.tensors.gain = gain;
  return call;
}

}  // namespace

Spikes lif(const NeuronInput& input, const NeuronOptions& options) {
  check_input("lif", input);
  auto plain = options;
  plain.kind = NeuronKind::kLif;
  return run_or(input, make_call(input, plain),
                [&](const torch::Tensor& x) { return reference::lif(x, options); });
}

Spikes adaptive_lif(const NeuronInput& input, const torch::Tensor& decay, const torch::Tensor& gain,
                    const NeuronOptions& options) {
  check_input("adaptive_lif", input);
  check_per_channel("adaptive_lif", "decay", decay, input.main.values);
  check_per_channel("adaptive_lif", "gain", gain, input.main.values);
  return run_or(input, adaptive_call(input, decay, gain, options), [&](const torch::Tensor& x) {
    return reference::adaptive_lif(x, decay, gain, options);
  });
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
  auto call = adaptive_call(input, decay, gain, options);
  call.tensors.membrane = membrane;
  call.settings.has_state = true;
  call.settings.membranes = membranes;
  if (const auto* backend = choose_backend(call)) return run_neurons(*backend, std::move(call));
  const auto plain = reference::lif_with_state(reference::compose(input), decay, gain, membrane,
                                               options, membranes);
  return {plain.spikes, plain.membrane};
}

Spikes staa_lif(const NeuronInput& input, const StaaLifParameters& parameters,
                const NeuronOptions& options, const std::vector<bool>& dropped) {
  check_input("staa_lif", input);
  check_aggregator("staa_lif", input, parameters, options.pe_placement, dropped);
  auto call = make_call(input, options);
  call.settings.options.kind = NeuronKind::kStaaLif;
  call.settings.update = options.dropped_update();
  call.settings.aggregate = true;
  call.settings.dropped.assign(dropped.begin(), dropped.end());
  call.tensors.staa = parameters;
  return run_or(input, std::move(call), [&](const torch::Tensor& x) {
    return reference::staa_lif(x, parameters, options, dropped);
  });
}

}  // namespace staa::ops
