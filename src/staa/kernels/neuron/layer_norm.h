#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "staa/kernels/neuron/neuron.h"

namespace staa::kernels {

/// Mean and reciprocal standard deviation of LayerNorm (eps 1e-5).
template <class T>
struct Moments {
  T mean;
  T rstd;
};

template <class T>
Moments<T> moments(const T* values, std::size_t size) {
  T mean = 0;
  for (std::size_t i = 0; i < size; ++i) mean += values[i];
  mean /= static_cast<T>(size);
  T variance = 0;
  for (std::size_t i = 0; i < size; ++i) variance += (values[i] - mean) * (values[i] - mean);
  return {mean, 1 / std::sqrt(variance / static_cast<T>(size) + static_cast<T>(1e-5))};
}

/// Computes GC's hidden values [R] from a query [R] (Eq. 8): LayerNorm and ReLU. `hidden` may be
/// `query`.
template <class T>
void hidden_of(const GcWeights<T>& gc, const T* query, std::size_t reduced, T* hidden) {
  const auto m = moments(query, reduced);
  for (std::size_t r = 0; r < reduced; ++r) {
    hidden[r] = std::max((query[r] - m.mean) * m.rstd * gc.norm[r] + gc.norm_bias[r], T(0));
  }
}

}  // namespace staa::kernels
