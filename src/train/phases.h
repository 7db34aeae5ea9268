#pragma once

#include <cstdint>
#include <string>

#include "staa/recipe/recipe.h"

namespace staa::train {

/// How the network runs for some epochs of a run.
struct Phase {
  std::int64_t steps = 1;  ///< T of still images
  Activation activation = Activation::kSpike;

  bool operator==(const Phase& other) const {
    return steps == other.steps && activation == other.activation;
  }
  bool operator!=(const Phase& other) const { return !(*this == other); }
};

/// The phase of `epoch`, counted from 0: train.steps says T, and in the first train.relu_epochs
/// ReLU stands for spikes. With ReLU still images are shown once, as every step would be the same.
Phase phase_at(const recipe::Recipe& recipe, std::int64_t epoch);

/// The network that the recipe asks for in the end.
Phase final_phase(const recipe::Recipe& recipe);

/// "ReLU, T = 1" or "T = 2", for the log.
std::string describe(const Phase& phase);

}  // namespace staa::train
