#pragma once

#include "staa/data/source.h"
#include "staa/nn/whitening.h"
#include "staa/recipe/recipe.h"

namespace staa::run {

/// Fits a network's stem to some training images. The same source and seed always give the same
/// images. Throws Error(kInput) if no image can be read.
void fit_whitening(nn::WhiteningImpl& stem, const data::Source& images,
                   const recipe::Recipe& recipe);

}  // namespace staa::run
