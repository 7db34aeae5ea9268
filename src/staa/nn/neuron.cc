#include "staa/nn/neuron.h"

#include "staa/nn/blocks.h"
#include "staa/nn/children.h"
#include "staa/nn/position_encoding.h"
#include "staa/ops/implementation.h"
#include "staa/ops/neurons.h"
#include "staa/options/names.h"
#include "staa/options/validate.h"
#include "staa/util/error.h"

namespace staa::nn {

Neuron::Neuron(const NeuronOptions& options, std::int64_t channels)
    : options_(options), channels_(channels) {
  validate(options);
  if (channels < 1) fail(ErrorKind::kUsage, "a neuron layer needs channels, found {}", channels);
}

torch::Tensor Neuron::forward(const torch::Tensor& x) {
  if (!x.defined() || x.dim() != 3) return spikes(x).values;
  return spikes(x.unsqueeze(3).unsqueeze(4)).values.flatten(2);
}

ops::Spikes Neuron::spikes(const ops::NeuronInput& input) {
  const auto& x = input.main.values;
  if (!x.defined() || x.dim() != 5 || x.size(2) != channels_ || x.size(0) < 1) {
    fail(ErrorKind::kRuntime,
         "a neuron layer of {} channels expects [T, B, {}, H, W] or [T, B, {}], found {}",
         channels_, channels_, channels_, x.defined() ? c10::str(x.sizes()) : "none");
  }
  if (input_observer_) input_observer_(input);
  const ops::UseReference reference(operators() == Operators::kReference);
  auto fired = fire(input);
  count_spikes(fired);
  notify(x, fired);
  return fired;
}

void Neuron::pretty_print(std::ostream& stream) const {
  stream << fmt::format("staa::nn::{}({}, tau={}, threshold={}, surrogate={})",
                        options_.kind == NeuronKind::kLif           ? "Lif"
                        : options_.kind == NeuronKind::kAdaptiveLif ? "AdaptiveLif"
                                                                    : "StaaLif",
                        channels_, options_.tau, options_.threshold, to_string(options_.surrogate));
}

LifImpl::LifImpl(const NeuronOptions& options, std::int64_t channels)
    : Cloneable(options, channels) {
  options_.kind = NeuronKind::kLif;
}

ops::Spikes LifImpl::fire(const ops::NeuronInput& input) { return ops::lif(input, options_); }

AdaptiveLifImpl::AdaptiveLifImpl(const NeuronOptions& options, std::int64_t channels)
    : Cloneable(options, channels) {
  options_.kind = NeuronKind::kAdaptiveLif;
  AdaptiveLifImpl::reset();
}

void AdaptiveLifImpl::reset() {
  const auto start = options_.lif_update();
  decay_ = register_parameter("decay", torch::full({channels_}, start.decay));
  gain_ = register_parameter("gain", torch::full({channels_}, start.gain));
}

ops::Spikes AdaptiveLifImpl::fire(const ops::NeuronInput& input) {
  return ops::adaptive_lif(input, decay_, gain_, options_);
}

StaaLifImpl::StaaLifImpl(const NeuronOptions& options, std::int64_t channels, std::int64_t steps)
    : Cloneable(options, channels), steps_(steps) {
  if (steps < 1) fail(ErrorKind::kUsage, "time steps: expected at least 1, found {}", steps);
  options_.kind = NeuronKind::kStaaLif;
  StaaLifImpl::reset();
}

void StaaLifImpl::reset() {
  if (options_.pe) {
    const bool learned = options_.pe_kind == PeKind::kLearned;
    auto table =
        learned ? torch::zeros({steps_, channels_}) : sinusoidal_encoding(steps_, channels_);
    if (options_.pe_placement == PePlacement::kBoth) table = torch::stack({table, table});
    pe_ = learned ? register_parameter("pe", table) : register_buffer("pe", table);
  }
  if (options_.gc) {
    for (const auto* name : {"gc1", "gc2"}) {
      register_module(name,
                      GlobalContext(channels_, options_.gc_reduction, options_.gc_zero_start));
    }
  }
  if (options_.sa) register_module("sa", StepAttention(channels_, options_));
}

ops::StaaLifParameters StaaLifImpl::weights() const {
  ops::StaaLifParameters weights;
  weights.pe = pe_;
  if (options_.gc) {
    weights.gc1 = child<GlobalContextImpl>(*this, "gc1")->weights();
    weights.gc2 = child<GlobalContextImpl>(*this, "gc2")->weights();
  }
  if (options_.sa) weights.sa = child<StepAttentionImpl>(*this, "sa")->weights();
  return weights;
}

void StaaLifImpl::repeat_encoding(std::int64_t known) {
  if (!pe_.defined() || options_.pe_kind != PeKind::kLearned || known >= pe_.size(-2)) return;
  const torch::NoGradGuard no_grad;
  pe_.narrow(-2, known, pe_.size(-2) - known).copy_(pe_.narrow(-2, known - 1, 1));
}

std::vector<bool> StaaLifImpl::draw_dropped(std::int64_t steps) const {
  std::vector<bool> dropped(static_cast<std::size_t>(steps), false);
  if (!is_training() || options_.tsrd <= 0 || steps < 2) return dropped;
  const auto draws = torch::rand({steps - 1}, torch::kDouble);
  const auto values = draws.accessor<double, 1>();
  for (std::int64_t t = 1; t < steps; ++t) {
    dropped[static_cast<std::size_t>(t)] = values[t - 1] < options_.tsrd;
  }
  return dropped;
}

ops::Spikes StaaLifImpl::fire(const ops::NeuronInput& input) {
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
      return std::make_shared<LifImpl>(options, channels);
    case NeuronKind::kAdaptiveLif:
      return std::make_shared<AdaptiveLifImpl>(options, channels);
    case NeuronKind::kStaaLif:
      return std::make_shared<StaaLifImpl>(options, channels, steps);
  }
  fail(ErrorKind::kUsage, "unknown neuron kind {}", static_cast<int>(options.kind));
}

}  // namespace staa::nn
