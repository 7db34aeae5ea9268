#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "staa/distributed/communicator.h"
#include "staa/recipe/recipe.h"
#include "staa/train/evaluate.h"
#include "staa/train/progress.h"

namespace staa::run {

struct TrainRequest {
  recipe::Recipe recipe;
  std::filesystem::path out;  ///< the run's folder
  bool resume = false;        ///< continue from the last checkpoint in `out`
  bool quiet = false;         ///< print no progress to standard output
  /// Called after every step; false stops the run as a signal does. May be empty.
  std::function<bool(const train::Progress&)> keep_going;
  /// The processes that train together. Each calls train() with the same request. The recipe's
  /// batch size is the sum over all of them. Only rank 0 writes files and reports progress.
  std::shared_ptr<distributed::Communicator> all = distributed::alone();
};

struct TrainResult {
  train::Progress progress;
  train::Evaluation last;  ///< of the newest complete epoch; no samples if there is none
  bool stopped = false;    ///< whether a signal or keep_going stopped it before its end
  int signal = 0;          ///< the signal that stopped it, or 0
};

/// Trains according to the recipe (see train::fit) and writes everything to the run's folder (see
/// RunFolder). SIGINT and SIGTERM stop the run after the step in progress, with a checkpoint that
/// `resume` continues from. With one thread, the resumed run gives bit for bit the same result as a
/// run that was never stopped. A run may be resumed with another number of processes. A run that
/// has no checkpoint yet starts from the beginning.
///
/// Throws Error(kUsage) if `out` holds a run and `resume` is not set, if `resume` is set and there
/// is no run, or if the processes differ in recipe, data or checkpoint. Throws Error(kRuntime)
/// naming epoch, batch and layer if a loss or a gradient is not finite (unless train.on_nan says to
/// skip the step), or naming the rank if a process was lost. The last checkpoint is kept.
TrainResult train(const TrainRequest& request);

/// Throws what train() would throw for a folder that does not fit the request. Creates nothing.
void check_folder(const TrainRequest& request);

}  // namespace staa::run
