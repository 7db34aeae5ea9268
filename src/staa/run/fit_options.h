#pragma once

#include "staa/recipe/recipe.h"
#include "staa/train/fit.h"

namespace staa::run {

/// What the recipe says of training, for train::fit. Device, checkpoint, metadata and processes are
/// the caller's.
train::FitOptions fit_options(const recipe::Recipe& recipe);

/// The phases of train.steps and train.relu_epochs; the last is the network that model.steps and
/// neuron.activation ask for. With ReLU still images are shown once, as every time step would be
/// the same.
std::vector<train::PhaseFrom> phases(const recipe::Recipe& recipe);

}  // namespace staa::run
