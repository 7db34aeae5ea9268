#pragma once

#include <cstddef>

namespace staa::kernels {

/// The extents of a [N, P] and b [N, Q].
struct OuterShape {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t q = 0;
};

/// out[p] [Q] = sum over n of a[n, p] * b[n], for p in [begin, end). These are rows of the gradient
/// of a weight [P, Q] whose outputs have the gradients a [N, P] and whose inputs are b [N, Q].
void outer_sums(const float* a, const float* b, const OuterShape& shape, std::size_t begin,
                std::size_t end, float* out);
void outer_sums(const double* a, const double* b, const OuterShape& shape, std::size_t begin,
                std::size_t end, double* out);

}  // namespace staa::kernels
