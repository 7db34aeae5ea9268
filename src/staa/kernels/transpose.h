#pragma once

#include <algorithm>
#include <cstddef>

namespace staa::kernels {

/// Writes the transpose of `from` [p, q] to `to` [q, p], in squares that stay in the cache.
template <class T>
void transpose(const T* from, std::size_t p, std::size_t q, T* to) {
  constexpr std::size_t kSquare = 16;
  for (std::size_t first = 0; first < p; first += kSquare) {
    const auto last = std::min(first + kSquare, p);
    for (std::size_t j = 0; j < q; j += kSquare) {
      for (auto k = j; k < std::min(j + kSquare, q); ++k) {
        for (auto i = first; i < last; ++i) to[k * p + i] = from[i * q + k];
      }
    }
  }
}

}  // namespace staa::kernels
