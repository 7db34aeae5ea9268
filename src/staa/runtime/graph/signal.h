#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "staa/kernels/buffer.h"
#include "staa/kernels/inference/integrate.h"
#include "staa/kernels/inference/scatter.h"

namespace staa::runtime {

/// What a layer gives in one time step: values [H, W, C] and, where they are listed, the indices of
/// those that may differ from 0, each once.
struct Signal {
  kernels::LineVector<float> values;
  std::vector<std::uint32_t> active;
  std::size_t count = 0;  ///< of the list
  bool listed = false;

  Signal() = default;
  Signal(std::size_t size, bool is_listed)
      : values(size), active(is_listed ? size + kernels::kSpikesSlack : 0), listed(is_listed) {}

  kernels::SparseValues sparse() const {
    if (listed) return {values.data(), active.data(), count};
    return {values.data(), nullptr, values.size()};
  }

  /// Makes every value 0.
  void clear() {
    if (!listed) {
      std::fill(values.begin(), values.end(), 0.0F);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) values[active[i]] = 0;
    count = 0;
  }

  /// Of one that is listed and cleared: lists an index and gives its value.
  void put(std::uint32_t index, float value) {
    active[count++] = index;
    values[index] = value;
  }

  std::size_t bytes() const {
    return values.size() * sizeof(float) + active.size() * sizeof(std::uint32_t);
  }
};

}  // namespace staa::runtime
