#include "staa/train/phases.h"

#include <fmt/format.h>

namespace staa::train {

Phase phase_at(const recipe::Recipe& recipe, std::int64_t epoch) {
  auto phase = final_phase(recipe);
  for (const auto& [from, steps] : recipe.train.steps) {
    if (epoch >= from) phase.steps = steps;
  }
  if (epoch < recipe.train.relu_epochs) {
    phase.activation = Activation::kRelu;
    if (!recipe::is_event_set(recipe.data.set)) phase.steps = 1;
  }
  return phase;
}

Phase final_phase(const recipe::Recipe& recipe) {
  return {recipe.model.steps, recipe.neuron.activation};
}

std::string describe(const Phase& phase) {
  return fmt::format("{}T = {}", phase.activation == Activation::kRelu ? "ReLU, " : "",
                     phase.steps);
}

}  // namespace staa::train
