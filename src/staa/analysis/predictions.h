#pragma once

#include <cstdint>
#include <vector>

#include "staa/data/loading/loader.h"
#include "staa/models/network.h"

namespace staa::analysis {

/// What a network says of one sample.
struct Prediction {
  std::int64_t index = 0;  ///< of the sample in its source
  std::int64_t label = 0;
  std::int64_t found = 0;  ///< the class with the largest mean output
  double probability = 0;  ///< of the class found, softmax of the mean output
  double loss = 0;         ///< cross entropy of the label
};

/// Runs every batch of `loader` through `network` in evaluation mode, on the CPU. Corrupt samples
/// that the loader leaves out are left out here.
std::vector<Prediction> predict(models::Network& network, data::Loader& loader);

/// counts[label][found] over `classes` classes.
std::vector<std::vector<std::int64_t>> confusion(const std::vector<Prediction>& predictions,
                                                 std::int64_t classes);

/// The `count` predictions that are wrong with the largest loss, the worst first.
std::vector<Prediction> worst(const std::vector<Prediction>& predictions, std::size_t count);

}  // namespace staa::analysis
