#pragma once

#include "staa/data/input.h"
#include "staa/options/network.h"
#include "staa/recipe/recipe.h"

namespace staa::run {

/// The options of the recipe's network for the given input.
models::NetworkOptions network_options(const recipe::Recipe& recipe,
                                       const data::InputDescription& input);

}  // namespace staa::run
