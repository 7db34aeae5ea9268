#pragma once

#include "staa/recipe/recipe.h"
#include "staa/train/fit.h"

namespace staa::run {

/// The recipe's options for train::fit. The caller sets the device, the checkpoint, the metadata
/// and the processes.
train::FitOptions fit_options(const recipe::Recipe& recipe);

/// The phases that train.steps and train.relu_epochs define. The last one runs the network that
/// model.steps and neuron.activation ask for. With ReLU, still images are shown for one time step,
/// since all time steps would be the same.
std::vector<train::PhaseFrom> phases(const recipe::Recipe& recipe);

}  // namespace staa::run
