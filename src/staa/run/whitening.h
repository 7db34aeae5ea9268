#pragma once

#include "staa/data/source.h"
#include "staa/nn/whitening.h"
#include "staa/recipe/recipe.h"

namespace staa::run {

/// Fits a network's stem to some training images, always the same of one source and seed. Throws
/// Error(kInput) where none can be read.
void fit_whitening(nn::WhiteningImpl& stem, const data::Source& images,
                   const recipe::Recipe& recipe);

}  // namespace staa::run
