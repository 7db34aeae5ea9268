#include "staa/kernels/neuron/outer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/neuron/outer.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Four rows of the result share every vector of b that is read.
template <class T>
void outer_of(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, const OuterShape& shape,
              std::size_t begin, std::size_t end, T* HWY_RESTRICT out) {
  constexpr std::size_t kRows = 4;
  for (auto p = begin; p < end; p += kRows) {
    const auto rows = std::min(kRows, end - p);
    for_channels<T>(shape.q, [&](auto d, std::size_t c) HWY_ATTR {
      auto s0 = hn::Zero(d);
      auto s1 = s0;
      auto s2 = s0;
      auto s3 = s0;
      for (std::size_t n = 0; n < shape.n; ++n) {
        const auto value = hn::LoadU(d, b + n * shape.q + c);
        const T* factors = a + n * shape.p + p;
        s0 = hn::MulAdd(hn::Set(d, factors[0]), value, s0);
        if (rows > 1) s1 = hn::MulAdd(hn::Set(d, factors[1]), value, s1);
        if (rows > 2) s2 = hn::MulAdd(hn::Set(d, factors[2]), value, s2);
        if (rows > 3) s3 = hn::MulAdd(hn::Set(d, factors[3]), value, s3);
      }
      hn::StoreU(s0, d, out + p * shape.q + c);
      if (rows > 1) hn::StoreU(s1, d, out + (p + 1) * shape.q + c);
      if (rows > 2) hn::StoreU(s2, d, out + (p + 2) * shape.q + c);
      if (rows > 3) hn::StoreU(s3, d, out + (p + 3) * shape.q + c);
    });
  }
}

void outer_sums_f32(const float* a, const float* b, const OuterShape& shape, std::size_t begin,
                    std::size_t end, float* out) {
  outer_of(a, b, shape, begin, end, out);
}
void outer_sums_f64(const double* a, const double* b, const OuterShape& shape, std::size_t begin,
                    std::size_t end, double* out) {
  outer_of(a, b, shape, begin, end, out);
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(outer_sums_f32);
HWY_EXPORT(outer_sums_f64);

void outer_sums(const float* a, const float* b, const OuterShape& shape, std::size_t begin,
                std::size_t end, float* out) {
  HWY_DYNAMIC_DISPATCH(outer_sums_f32)(a, b, shape, begin, end, out);
}

void outer_sums(const double* a, const double* b, const OuterShape& shape, std::size_t begin,
                std::size_t end, double* out) {
  HWY_DYNAMIC_DISPATCH(outer_sums_f64)(a, b, shape, begin, end, out);
}

}  // namespace staa::kernels
#endif
