#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "staa/recipe/recipe.h"
#include "staa/train/checkpoint.h"
#include "staa/train/evaluate.h"

namespace staa::train {

struct TrainRequest {
  recipe::Recipe recipe;
  std::filesystem::path out;  ///< the run's folder
  bool resume = false;        ///< go on from out's last checkpoint
  bool quiet = false;         ///< no progress on standard output
  /// Asked after every step; false stops the run as a signal does. Empty: never.
  std::function<bool(const Progress&)> keep_going;
};

struct TrainResult {
  Progress progress;
  Evaluation last;       ///< of the newest complete epoch; no samples when there is none
  bool stopped = false;  ///< before its end, by a signal or by keep_going
  int signal = 0;        ///< that stopped it, or 0
};

/// Trains as the recipe says and leaves everything in the run's folder (see RunFolder). SIGINT and
/// SIGTERM stop it after the step in progress, with a checkpoint from which `resume` goes on: with
/// one thread the stopped and resumed run is bit for bit the run that was never stopped.
///
/// Throws Error(kUsage) when `out` holds a run and `resume` is not set, or holds none and it is;
/// Error(kRuntime) naming epoch and batch when the loss is not finite, leaving the last checkpoint.
TrainResult train(const TrainRequest& request);

}  // namespace staa::train
