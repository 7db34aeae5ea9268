#pragma once

#include <cstdint>
#include <vector>

#include "staa/data/loading/loader.h"
#include "staa/models/network.h"

namespace staa::analysis {

/// A network's prediction for one sample.
struct Prediction {
  std::int64_t index = 0;  ///< index of the sample in its source
  std::int64_t label = 0;
  std::int64_t found = 0;  ///< the predicted class, with the largest mean output
  double probability = 0;  ///< of the predicted class: softmax of the mean output
  double loss = 0;         ///< cross entropy with the label
};

/// Runs every batch of `loader` through `network` in evaluation mode, on the CPU. Corrupt samples
/// that the loader skips have no prediction.
std::vector<Prediction> predict(models::Network& network, data::Loader& loader);

/// The confusion matrix counts[label][found] of `classes` classes.
std::vector<std::vector<std::int64_t>> confusion(const std::vector<Prediction>& predictions,
                                                 std::int64_t classes);

/// The `count` wrong predictions with the largest loss, in decreasing order.
std::vector<Prediction> worst(const std::vector<Prediction>& predictions, std::size_t count);

}  // namespace staa::analysis
