#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "staa/kernels/buffer.h"
#include "staa/kernels/inference/integrate.h"
#include "staa/kernels/inference/scatter.h"

namespace staa::runtime {

/// The output of a layer in one time step: values [H, W, C] and, if it is listed, the index of each
/// value that may differ from 0.
struct Signal {
  kernels::LineVector<float> values;
  std::vector<std::uint32_t> active;
  std::size_t count = 0;  ///< the number of listed indices
  bool listed = false;

  Signal() = default;
  Signal(std::size_t size, bool is_listed)
      : values(size), active(is_listed ? size + kernels::kSpikesSlack : 0), listed(is_listed) {}

  kernels::SparseValues sparse() const {
    if (listed) return {values.data(), active.data(), count};
    return {values.data(), nullptr, values.size()};
  }

  /// Sets every value to 0.
  void clear() {
    if (!listed) {
      std::fill(values.begin(), values.end(), 0.0F);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) values[active[i]] = 0;
    count = 0;
  }

  /// Appends an index and its value. The signal must be listed, and must have been cleared before
  /// the first call.
  void put(std::uint32_t index, float value) {
    active[count++] = index;
    values[index] = value;
  }

  std::size_t bytes() const {
    return values.size() * sizeof(float) + active.size() * sizeof(std::uint32_t);
  }
};

}  // namespace staa::runtime
