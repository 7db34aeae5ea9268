#pragma once

#include <cstdint>

#include "staa/train/loss_scale.h"

namespace staa::train {

/// Where a training stands. Sums of the epoch in progress are kept, so that a training stopped in
/// its middle reports the same figures at its end.
struct Progress {
  std::int64_t epoch = 0;            ///< complete epochs
  std::int64_t batch = 0;            ///< complete batches of the epoch in progress
  std::int64_t step = 0;             ///< complete training steps of the whole training
  double loss_sum = 0;               ///< of the epoch in progress, over samples
  std::int64_t hits = 0;             ///< top-1 in training, likewise
  std::int64_t samples = 0;          ///< seen in the epoch in progress
  std::int64_t skipped = 0;          ///< corrupt ones of the epoch in progress that were left out
  double seconds = 0;                ///< of training, over all starts
  double best_top1 = -1;             ///< of the evaluations so far, in percent; -1 before the first
  std::int64_t best_epoch = 0;       ///< its epoch, counted from 1
  std::int64_t evaluated_step = -1;  ///< where `step` stood in the newest evaluation
  LossScale loss_scale;              ///< stays 1 where the loss is not scaled

  double mean_loss() const { return samples > 0 ? loss_sum / static_cast<double>(samples) : 0; }
  /// In percent.
  double top1() const {
    return samples > 0 ? 100.0 * static_cast<double>(hits) / static_cast<double>(samples) : 0;
  }
};

}  // namespace staa::train
