#include "staa/nn/neuron.h"

#include "staa/nn/children.h"
#include "staa/nn/position_encoding.h"
#include "staa/ops/neurons.h"
#include "staa/options/validate.h"
#include "staa/util/error.h"

namespace staa::nn {

Neuron::Neuron(const NeuronOptions& options, std::int64_t channels)
    : options_(options), channels_(channels) {
  validate(options);
  if (channels < 1) fail(ErrorKind::kUsage, "a neuron layer needs channels, found {}", channels);
}

ops::Spikes Neuron::spikes(const ops::NeuronInput& input) {
  const auto& x = input.main.values;
  if (!x.defined() || x.dim() != 5 || x.size(2) != channels_ || x.size(0) < 1) {
    fail(ErrorKind::kRuntime, "a neuron layer of {} channels expects [T, B, {}, H, W], found {}",
         channels_, channels_, x.defined() ? c10::str(x.sizes()) : "none");
  }
  if (input_observer_) input_observer_(input);
  auto fired = fire(input);
  notify(x, fired);
  return fired;
}

Lif::Lif(const NeuronOptions& options, std::int64_t channels) : Neuron(options, channels) {}

ops::Spikes Lif::fire(const ops::NeuronInput& input) { return ops::lif(input, options_); }

AdaptiveLif::AdaptiveLif(const NeuronOptions& options, std::int64_t channels)
    : Neuron(options, channels) {
  decay_ = register_parameter("decay", torch::full({channels}, 1 - 1 / options.tau));
  gain_ = register_parameter("gain", torch::full({channels}, options.input_gain()));
}

ops::Spikes AdaptiveLif::fire(const ops::NeuronInput& input) {
  return ops::adaptive_lif(input, decay_, gain_, options_);
}

StaaLif::StaaLif(const NeuronOptions& options, std::int64_t channels, std::int64_t steps)
    : Neuron(options, channels) {
  if (steps < 1) fail(ErrorKind::kUsage, "time steps: expected at least 1, found {}", steps);
  if (options.pe) {
    const bool learned = options.pe_kind == PeKind::kLearned;
    auto table = learned ? torch::zeros({steps, channels}) : sinusoidal_encoding(steps, channels);
    if (options.pe_placement == PePlacement::kBoth) table = torch::stack({table, table});
    pe_ = learned ? register_parameter("pe", table) : register_buffer("pe", table);
  }
  if (options.gc) {
    for (const auto* name : {"gc1", "gc2"}) {
      register_module(name, GlobalContext(channels, options.gc_reduction, options.gc_zero_start));
    }
  }
  if (options.sa) {
    register_module("sa", StepAttention(channels, options));
  }
}

ops::StaaLifParameters StaaLif::weights() const {
  ops::StaaLifParameters weights;
  weights.pe = pe_;
  if (options_.gc) {
    weights.gc1 = child<GlobalContextImpl>(*this, "gc1")->weights();
    weights.gc2 = child<GlobalContextImpl>(*this, "gc2")->weights();
  }
  if (options_.sa) weights.sa = child<StepAttentionImpl>(*this, "sa")->weights();
  return weights;
}

void StaaLif::repeat_encoding(std::int64_t known) {
  if (!pe_.defined() || options_.pe_kind != PeKind::kLearned || known >= pe_.size(-2)) return;
  const torch::NoGradGuard no_grad;
  pe_.narrow(-2, known, pe_.size(-2) - known).copy_(pe_.narrow(-2, known - 1, 1));
}

std::vector<bool> StaaLif::draw_dropped(std::int64_t steps) const {
  std::vector<bool> dropped(static_cast<std::size_t>(steps), false);
  if (!is_training() || options_.tsrd <= 0 || steps < 2) return dropped;
  const auto draws = torch::rand({steps - 1}, torch::kDouble);
  const auto values = draws.accessor<double, 1>();
  for (std::int64_t t = 1; t < steps; ++t) {
    dropped[static_cast<std::size_t>(t)] = values[t - 1] < options_.tsrd;
  }
  return dropped;
}

ops::Spikes StaaLif::fire(const ops::NeuronInput& input) {
  const auto steps = input.steps();
  const auto capacity = pe_.defined() ? pe_.size(-2) : steps;
  if (steps > capacity) {
    fail(ErrorKind::kRuntime,
         "the position encoding holds {} time steps, the input has {}: build the layer with more",
         capacity, steps);
  }
  return ops::staa_lif(input, weights(), options_, draw_dropped(steps));
}

std::shared_ptr<Neuron> make_neuron(const NeuronOptions& options, std::int64_t channels,
                                    std::int64_t steps) {
  switch (options.kind) {
    case NeuronKind::kLif:
      return std::make_shared<Lif>(options, channels);
    case NeuronKind::kAdaptiveLif:
      return std::make_shared<AdaptiveLif>(options, channels);
    case NeuronKind::kStaaLif:
      return std::make_shared<StaaLif>(options, channels, steps);
  }
  fail(ErrorKind::kUsage, "unknown neuron kind {}", static_cast<int>(options.kind));
}

}  // namespace staa::nn
