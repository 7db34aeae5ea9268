#pragma once

/// Training: `find_package(staa COMPONENTS train)`, target staa::train. `train::fit` trains any
/// module of LibTorch on any data; `run::train` trains what a recipe describes.

#include "staa/data/augment/augmented_images.h"  // still images of a set as a source
#include "staa/data/sets/open.h"                 // the published sets
#include "staa/nn.h"
#include "staa/recipe/recipe.h"
#include "staa/run/train.h"
#include "staa/train/fit.h"
#include "staa/train/optimizer.h"
