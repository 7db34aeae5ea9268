#pragma once

#include <cstdint>

#include "staa/train/loss_scale.h"

namespace staa::train {

/// How far a training has come. It includes the sums of the epoch in progress, so that a training
/// that was stopped in the middle of an epoch reports the same figures at its end.
struct Progress {
  std::int64_t epoch = 0;       ///< complete epochs
  std::int64_t batch = 0;       ///< complete batches in the epoch in progress
  std::int64_t step = 0;        ///< complete training steps in the whole training
  double loss_sum = 0;          ///< sum of the loss over samples, in the epoch in progress
  std::int64_t hits = 0;        ///< correct top-1 predictions in the epoch in progress
  std::int64_t samples = 0;     ///< samples in the epoch in progress
  std::int64_t skipped = 0;     ///< corrupt samples skipped in the epoch in progress
  double seconds = 0;           ///< training time, summed over all starts
  double best_top1 = -1;        ///< best accuracy so far in percent; -1 before the first evaluation
  std::int64_t best_epoch = 0;  ///< epoch of the best accuracy, counted from 1
  std::int64_t evaluated_step = -1;  ///< value of `step` at the newest evaluation
  LossScale loss_scale;              ///< stays 1 if the loss is not scaled

  double mean_loss() const { return samples > 0 ? loss_sum / static_cast<double>(samples) : 0; }
  /// In percent.
  double top1() const {
    return samples > 0 ? 100.0 * static_cast<double>(hits) / static_cast<double>(samples) : 0;
  }
};

}  // namespace staa::train
