#include "staa/run/fit_options.h"

#include <set>

namespace staa::run {

std::vector<train::PhaseFrom> phases(const recipe::Recipe& recipe) {
  std::set<std::int64_t> epochs{0, recipe.train.relu_epochs};
  for (const auto& [from, steps] : recipe.train.steps) epochs.insert(from);
  std::vector<train::PhaseFrom> phases;
  for (const auto epoch : epochs) {
    train::Phase phase{recipe.model.steps, recipe.neuron.activation};
    for (const auto& [from, steps] : recipe.train.steps) {
      if (epoch >= from) phase.steps = steps;
    }
    if (epoch < recipe.train.relu_epochs) {
      phase.activation = Activation::kRelu;
      if (!recipe::is_event_set(recipe.data.set)) phase.steps = 1;
    }
    if (phases.empty() || phases.back().phase != phase) phases.push_back({epoch, phase});
  }
  return phases;
}

train::FitOptions fit_options(const recipe::Recipe& recipe) {
  train::FitOptions options;
  static_cast<train::TrainOptions&>(options) = recipe.train;
  const bool fp16 = recipe.execution.precision == Precision::kFp16;
  if (options.loss_scale == 0 && fp16) options.loss_scale = train::LossScale::kFirst;
  options.optimizer = recipe.optimizer;
  options.schedule = recipe.schedule;
  options.phases = phases(recipe);
  options.mixup = recipe.augment.mixup;
  options.target_output = recipe.neuron.threshold;
  options.seed = static_cast<std::uint64_t>(recipe.seed);
  options.workers = recipe.data.workers;
  options.skip_corrupt = recipe.data.corrupt == recipe::Corrupt::kSkip;
  return options;
}

}  // namespace staa::run
