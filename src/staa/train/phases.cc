#include "staa/train/phases.h"

#include <fmt/format.h>

#include "staa/nn/modes.h"
#include "staa/util/error.h"

namespace staa::train {

const Phase* phase_at(const std::vector<PhaseFrom>& phases, std::int64_t epoch) {
  const Phase* found = nullptr;
  for (const auto& [from, phase] : phases) {
    if (found == nullptr || epoch >= from) found = &phase;
  }
  return found;
}

std::string describe(const Phase& phase) {
  return fmt::format("{}T = {}", phase.activation == Activation::kRelu ? "ReLU, " : "",
                     phase.steps);
}

void set_phase(torch::nn::Module& module, const Phase& phase) {
  nn::set_steps(module, phase.steps);
  nn::set_activation(module, phase.activation);
}

Phases::Phases(TrainingState& state, const FitOptions& options, const Callbacks& callbacks)
    : state_(state), options_(options), callbacks_(callbacks) {
  std::int64_t before = -1;
  for (const auto& [epoch, phase] : options.phases) {
    if (epoch <= before || (before < 0 && epoch != 0)) {
      fail(ErrorKind::kUsage, "phases: expected epochs in rising order, the first of them 0");
    }
    before = epoch;
  }
  const auto& progress = state.progress;
  if (options.phases.empty()) return;
  now_ = *at(progress.batch > 0 ? progress.epoch : progress.epoch - 1);
}

bool Phases::last() const {
  return options_.phases.empty() || now_ == options_.phases.back().phase;
}

std::int64_t Phases::first_with_spikes() const {
  for (const auto& [from, phase] : options_.phases) {
    if (phase.activation == Activation::kSpike) return from;
  }
  return 0;
}

bool Phases::changed() const {
  return !options_.phases.empty() && now_ != options_.phases.front().phase;
}

void Phases::apply() const {
  if (options_.phases.empty()) return;
  set_phase(state_.module(), now_);
}

void Phases::enter(const std::function<void()>& estimate) {
  if (options_.phases.empty()) return;
  const auto before = now_;
  const auto& progress = state_.progress;
  now_ = *at(progress.epoch);
  apply();
  if (progress.epoch == 0 || progress.batch > 0 || now_ == before) return;
  if (callbacks_.say) {
    callbacks_.say(fmt::format("epoch {}: from {} to {}", progress.epoch + 1, describe(before),
                               describe(now_)));
  }
  if (state_.teacher && before.activation == Activation::kRelu) state_.take_teacher();
  if (now_.steps > before.steps) nn::repeat_encodings(state_.module(), before.steps);
  estimate();
  if (state_.average) state_.average->restart();
}

}  // namespace staa::train
