#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "staa/util/random.h"

namespace staa::data {

/// The integers 0 to count - 1 in random order (Fisher-Yates). std::shuffle is not used because its
/// results may differ between standard libraries, and those of a run must not.
inline std::vector<std::int64_t> random_order(std::int64_t count, Random random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t i = count - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.below(i + 1))]);
  }
  return order;
}

}  // namespace staa::data
