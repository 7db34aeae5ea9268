#include "staa/train/teacher.h"

#include "staa/train/fit.h"
#include "staa/train/phases.h"
#include "staa/util/error.h"

namespace staa::train {
namespace {

/// The first epoch with spikes after epochs with ReLU.
std::int64_t first_with_spikes(const std::vector<PhaseFrom>& phases) {
  for (std::size_t i = 1; i < phases.size(); ++i) {
    const bool from_relu = phases[i - 1].phase.activation == Activation::kRelu;
    if (from_relu && phases[i].phase.activation == Activation::kSpike) return phases[i].epoch;
  }
  fail(ErrorKind::kUsage, "distill: expected epochs with ReLU and then with spikes, found none");
}

}  // namespace

Teacher::Teacher(const Classifier& network, const std::vector<PhaseFrom>& phases)
    : network_(network),
      phases_(phases),
      first_taught_(first_with_spikes(phases)),
      weights_(network.module(), "teacher's weight") {}

torch::Tensor Teacher::probabilities(const torch::Tensor& inputs, std::int64_t epoch) {
  const torch::NoGradGuard no_grad;
  auto& module = network_.module();
  torch::Tensor logits;
  {
    const WeightCopy::InPlace in_place(weights_);
    set_phase(module, *phase_at(phases_, first_taught_ - 1));
    module.eval();
    logits = network_.forward(inputs);
  }
  set_phase(module, *phase_at(phases_, epoch));
  module.train();
  return logits.mean(0).softmax(1);
}

}  // namespace staa::train
