#pragma once

#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::runtime {

/// Of a network's outputs, summed over so many steps: the class of the largest, and the softmax of
/// their means.
Prediction predict(const std::vector<float>& sums, std::size_t steps);

}  // namespace staa::runtime
