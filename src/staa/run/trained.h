#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/input.h"
#include "staa/models/network.h"
#include "staa/recipe/recipe.h"
#include "staa/train/progress.h"

namespace staa::run {

/// A network with the weights of a run, and what it was trained on.
struct Trained {
  std::filesystem::path weights;  ///< the file they came from
  recipe::Recipe recipe;
  data::InputDescription input;
  train::Progress progress;  ///< when the weights were saved
  std::shared_ptr<models::Network> network;
};

/// Opens the weights that `which`, "best" or "last", names in a run's folder. `overrides` set keys
/// of its recipe, as on the command line. Throws Error(kUsage) where there are none, Error(kInput)
/// for a file that does not hold what it should.
Trained open_trained(const std::filesystem::path& run, const std::string& which,
                     const std::vector<std::string>& overrides = {});

}  // namespace staa::run
