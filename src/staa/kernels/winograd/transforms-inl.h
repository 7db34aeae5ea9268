// The transforms of Winograd's F(4x4, 3x3), on vectors of channels. Compiled once per target.
#if defined(STAA_KERNELS_WINOGRAD_TRANSFORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#undef STAA_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#else
#define STAA_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#endif

#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE::winograd {

/// Each transform below is one-dimensional: it reads kIn vectors and writes kOut. Lavin and Gray's
/// matrices belong to the interpolation points 0, 1, -1, 2, -2 and infinity.

/// B^T, for input tiles.
struct OfInput {
  static constexpr std::size_t kIn = 6;
  static constexpr std::size_t kOut = 6;

  template <class D, class V>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT x, V* HWY_RESTRICT y) {
    const auto four = hn::Set(d, 4.0F);
    const auto five = hn::Set(d, 5.0F);
    const auto two = hn::Set(d, 2.0F);
    const auto even = hn::NegMulAdd(four, x[2], x[4]);
    const auto odd = hn::NegMulAdd(four, x[1], x[3]);
    const auto even2 = hn::Sub(x[4], x[2]);
    const auto odd2 = hn::Mul(two, hn::Sub(x[3], x[1]));
    y[0] = hn::MulAdd(four, x[0], hn::NegMulAdd(five, x[2], x[4]));
    y[1] = hn::Add(even, odd);
    y[2] = hn::Sub(even, odd);
    y[3] = hn::Add(even2, odd2);
    y[4] = hn::Sub(even2, odd2);
    y[5] = hn::MulAdd(four, x[1], hn::NegMulAdd(five, x[3], x[5]));
  }
};

/// A^T, which makes output tiles.
struct ToOutput {
  static constexpr std::size_t kIn = 6;
  static constexpr std::size_t kOut = 4;

  template <class D, class V>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT x, V* HWY_RESTRICT y) {
    const auto sum = hn::Add(x[1], x[2]);
    const auto difference = hn::Sub(x[1], x[2]);
    const auto sum2 = hn::Add(x[3], x[4]);
    const auto difference2 = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(hn::Add(x[0], sum), sum2);
    y[1] = hn::MulAdd(hn::Set(d, 2.0F), difference2, difference);
    y[2] = hn::MulAdd(hn::Set(d, 4.0F), sum2, sum);
    y[3] = hn::Add(hn::MulAdd(hn::Set(d, 8.0F), difference2, difference), x[5]);
  }
};

/// A, for gradients of output tiles.
struct OfOutputGradient {
  static constexpr std::size_t kIn = 4;
  static constexpr std::size_t kOut = 6;

  template <class D, class V>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT x, V* HWY_RESTRICT y) {
    const auto even = hn::Add(x[0], x[2]);
    const auto odd = hn::Add(x[1], x[3]);
    const auto even2 = hn::MulAdd(hn::Set(d, 4.0F), x[2], x[0]);
    const auto odd2 = hn::MulAdd(hn::Set(d, 8.0F), x[3], hn::Add(x[1], x[1]));
    y[0] = x[0];
    y[1] = hn::Add(even, odd);
    y[2] = hn::Sub(even, odd);
    y[3] = hn::Add(even2, odd2);
    y[4] = hn::Sub(even2, odd2);
    y[5] = x[3];
  }
};

/// G, for kernels.
struct OfKernel {
  static constexpr std::size_t kIn = 3;
  static constexpr std::size_t kOut = 6;

  template <class D, class V>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT x, V* HWY_RESTRICT y) {
    const auto sixth = hn::Set(d, 1.0F / 6);
    const auto even = hn::Mul(sixth, hn::Add(x[0], x[2]));
    const auto odd = hn::Mul(sixth, x[1]);
    const auto even2 = hn::MulAdd(hn::Set(d, 1.0F / 24), x[0], hn::Mul(sixth, x[2]));
    const auto odd2 = hn::Mul(hn::Set(d, 1.0F / 12), x[1]);
    y[0] = hn::Mul(hn::Set(d, 0.25F), x[0]);
    y[1] = hn::Neg(hn::Add(even, odd));
    y[2] = hn::Sub(odd, even);
    y[3] = hn::Add(even2, odd2);
    y[4] = hn::Sub(even2, odd2);
    y[5] = x[2];
  }
};

/// G^T, which makes the gradients of kernels.
struct ToKernelGradient {
  static constexpr std::size_t kIn = 6;
  static constexpr std::size_t kOut = 3;

  template <class D, class V>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT x, V* HWY_RESTRICT y) {
    const auto sixth = hn::Set(d, 1.0F / 6);
    const auto sum = hn::Mul(sixth, hn::Add(x[1], x[2]));
    const auto difference = hn::Mul(sixth, hn::Sub(x[1], x[2]));
    const auto sum2 = hn::Add(x[3], x[4]);
    const auto difference2 = hn::Sub(x[3], x[4]);
    y[0] = hn::Sub(hn::MulAdd(hn::Set(d, 0.25F), x[0], hn::Mul(hn::Set(d, 1.0F / 24), sum2)), sum);
    y[1] = hn::Sub(hn::Mul(hn::Set(d, 1.0F / 12), difference2), difference);
    y[2] = hn::Add(hn::Sub(hn::Mul(sixth, sum2), sum), x[5]);
  }
};

/// Applies a transform to the columns and then to the rows of a square of vectors. `read(row,
/// column)` returns a vector; `write(row, column, vector)` takes one.
template <class Transform, class D, class Read, class Write>
HWY_INLINE void transform_square(D d, const Read& read, const Write& write) {
  constexpr auto kIn = Transform::kIn;
  constexpr auto kOut = Transform::kOut;
  using V = hn::Vec<D>;
  V columns[kIn][kOut];
  for (std::size_t j = 0; j < kIn; ++j) {
    V x[kIn];
    for (std::size_t i = 0; i < kIn; ++i) x[i] = read(i, j);
    Transform::apply(d, x, columns[j]);
  }
  for (std::size_t i = 0; i < kOut; ++i) {
    V x[kIn];
    for (std::size_t j = 0; j < kIn; ++j) x[j] = columns[j][i];
    V y[kOut];
    Transform::apply(d, x, y);
    for (std::size_t j = 0; j < kOut; ++j) write(i, j, y[j]);
  }
}

}  // namespace staa::kernels::HWY_NAMESPACE::winograd
HWY_AFTER_NAMESPACE();
#endif
