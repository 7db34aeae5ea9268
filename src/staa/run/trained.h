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

/// A network with the weights of a run, and a description of what it was trained on.
struct Trained {
  std::filesystem::path weights;  ///< the weights file
  recipe::Recipe recipe;
  data::InputDescription input;
  train::Progress progress;  ///< at the time when the weights were saved
  std::shared_ptr<models::Network> network;
};

/// Opens the weights file for `which`, "best" or "last", in a run's folder. `overrides` set keys of
/// its recipe, as on the command line. Throws Error(kUsage) if the file does not exist, and
/// Error(kInput) if its contents are not as expected.
Trained open_trained(const std::filesystem::path& run, const std::string& which,
                     const std::vector<std::string>& overrides = {});

}  // namespace staa::run
