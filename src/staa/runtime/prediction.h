#pragma once

#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::runtime {

/// The prediction from a network's outputs, which are summed over `steps` time steps: the class
/// with the largest sum, and the softmax of the mean outputs.
Prediction predict(const std::vector<float>& sums, std::size_t steps);

}  // namespace staa::runtime
