#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::experiment {

/// The result of a finished run.
struct Outcome {
  std::int64_t seed = 0;
  std::int64_t epochs = 0;
  double last_top1 = 0;  ///< percent, after the last epoch
  double best_top1 = 0;  ///< percent, after the epoch that is best on the test set
  std::int64_t best_epoch = 0;
  double train_seconds = 0;
};

/// The progress of a run.
struct RunState {
  enum class Stage {
    kNew,       ///< no checkpoint to continue from
    kBegun,     ///< there is a checkpoint to continue from
    kFinished,  ///< `outcome` is valid
  };
  Stage stage = Stage::kNew;
  std::int64_t epochs = 0;  ///< complete epochs
  std::optional<Outcome> outcome;
};

/// Determines the state from the run's folder. Throws Error(kUsage), naming the keys that differ,
/// if the folder holds a run of another recipe, and Error(kInput) if one of its files cannot be
/// read.
RunState look_at(const GridRun& run);

/// Removes the files of a run that was killed before its first checkpoint, so that it can start
/// again.
void clear_start(const GridRun& run);

}  // namespace staa::experiment
