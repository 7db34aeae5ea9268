#pragma once

#include <cstddef>

namespace staa::kernels {

/// out[p] [Q] = sum over n of a[n, p] * b[n], for p in [begin, end): rows of the gradient of a
/// weight [P, Q] from the gradients a [N, P] of what it gives and the vectors b [N, Q] it reads.
struct OuterShape {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t q = 0;
};
void outer_sums(const float* a, const float* b, const OuterShape& shape, std::size_t begin,
                std::size_t end, float* out);
void outer_sums(const double* a, const double* b, const OuterShape& shape, std::size_t begin,
                std::size_t end, double* out);

}  // namespace staa::kernels
