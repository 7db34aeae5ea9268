#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::experiment {

/// What a finished run came to.
struct Outcome {
  std::int64_t seed = 0;
  std::int64_t epochs = 0;
  double last_top1 = 0;  ///< percent, after the last epoch
  double best_top1 = 0;  ///< percent, of the best epoch on the test set
  std::int64_t best_epoch = 0;
  double train_seconds = 0;
};

/// How far a run has come.
struct RunState {
  enum class Stage {
    kNew,       ///< nothing to go on from
    kBegun,     ///< a checkpoint to go on from
    kFinished,  ///< `outcome` holds
  };
  Stage stage = Stage::kNew;
  std::int64_t epochs = 0;  ///< complete ones
  std::optional<Outcome> outcome;
};

/// Looks into the run's folder. Throws Error(kUsage) naming the keys that differ when a run of
/// another recipe is there, Error(kInput) when a file of it cannot be read.
RunState look_at(const Run& run);

/// Removes what a run that was killed before its first checkpoint left in its folder, so that it
/// can start.
void clear_start(const Run& run);

}  // namespace staa::experiment
