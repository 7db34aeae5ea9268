#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace staa::test {

/// A point where fibres wait until all `needed` ones have arrived.
struct Barrier {
  std::size_t needed = 0;
  std::size_t arrived = 0;
  std::size_t generation = 0;
};

/// Runs body(0) ... body(count - 1) concurrently in this thread. Each fibre runs until it waits at
/// a barrier. The order depends on `seed` and changes every round, and sometimes a few fibres run
/// far ahead of the others, so that reading another fibre's data without a barrier has visible
/// effects. Throws std::runtime_error if all remaining fibres wait in vain.
void run_fibres(std::size_t count, std::uint64_t seed,
                const std::function<void(std::size_t)>& body);

/// Must be called in a fibre.
void wait_at(Barrier& barrier);

}  // namespace staa::test
