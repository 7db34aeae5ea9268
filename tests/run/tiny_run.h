#pragma once

#include "staa/recipe/recipe.h"
#include "staa/run/train.h"
#include "support/tiny_data.h"

namespace staa::test {

/// A recipe that trains in a second on the set that write_tiny_mnist() puts into `folder`. It uses
/// one thread, so that identical runs give identical bits.
inline recipe::Recipe tiny_recipe(const std::filesystem::path& folder) {
  recipe::Recipe recipe;
  recipe.threads = 1;
  recipe.device = recipe::Device::kCpu;
  recipe.execution.precision = Precision::kFp32;
  recipe.data.set = "mnist";
  recipe.data.path = folder.string();
  recipe.data.workers = 1;
  recipe.augment.crop_padding = 1;
  recipe.augment.flip = true;
  recipe.augment.mixup = 0.2;
  recipe.model.network = "resnet20";
  recipe.model.width = 0.0625;
  recipe.model.steps = 3;
  recipe.neuron.tsrd = 0.3;
  recipe.train.epochs = 2;
  recipe.train.batch = 16;
  recipe.optimizer.lr = 0.05;
  return recipe;
}

inline run::TrainResult train_quietly(const recipe::Recipe& recipe,
                                      const std::filesystem::path& out, bool resume = false) {
  return run::train({recipe, out, resume, /*quiet=*/true, /*keep_going=*/{}});
}

}  // namespace staa::test
