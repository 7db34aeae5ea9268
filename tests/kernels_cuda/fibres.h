#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace staa::test {

/// Where fibres wait until all `needed` have come.
struct Barrier {
  std::size_t needed = 0;
  std::size_t arrived = 0;
  std::size_t generation = 0;
};

/// Runs body(0) ... body(count - 1) side by side in this thread: each until it waits at a barrier,
/// in an order that `seed` changes every round, and at times some far ahead of the others, so that
/// what one reads of another without a barrier between them shows. Throws std::runtime_error where
/// all that are left wait in vain.
void run_fibres(std::size_t count, std::uint64_t seed,
                const std::function<void(std::size_t)>& body);

/// Called by a fibre.
void wait_at(Barrier& barrier);

}  // namespace staa::test
