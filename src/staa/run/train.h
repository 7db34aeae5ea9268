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
  bool resume = false;        ///< go on from out's last checkpoint
  bool quiet = false;         ///< no progress on standard output
  /// Asked after every step; false stops the run as a signal does. Empty: never.
  std::function<bool(const train::Progress&)> keep_going;
  /// The processes that train together, each of which calls train with the same request. The
  /// recipe's batch is that of all; rank 0 alone writes and speaks.
  std::shared_ptr<distributed::Communicator> all = distributed::alone();
};

struct TrainResult {
  train::Progress progress;
  train::Evaluation last;  ///< of the newest complete epoch; no samples when there is none
  bool stopped = false;    ///< before its end, by a signal or by keep_going
  int signal = 0;          ///< that stopped it, or 0
};

/// Trains as the recipe says (train::fit) and leaves everything in the run's folder (see
/// RunFolder). SIGINT and SIGTERM stop it after the step in progress, with a checkpoint from which
/// `resume` goes on: with one thread the stopped and resumed run is bit for bit the run that was
/// never stopped. A run of many processes may go on with another number of them. A run that has not
/// got to a checkpoint begins anew.
///
/// Throws Error(kUsage) when `out` holds a run and `resume` is not set, or holds none and it is,
/// and where the processes differ in recipe, data or checkpoint; Error(kRuntime) naming epoch,
/// batch and layer when a loss or a gradient is not finite (unless train.on_nan says to go on), or
/// the rank that was lost, leaving the last checkpoint.
TrainResult train(const TrainRequest& request);

/// Throws as train would for a folder that does not fit the request. Makes nothing.
void check_folder(const TrainRequest& request);

}  // namespace staa::run
