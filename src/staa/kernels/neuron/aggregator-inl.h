// GC and SA on their pooled values: a few rows of C numbers for each time step. Compiled once per
// target.
#if defined(STAA_KERNELS_AGGREGATOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_AGGREGATOR_INL_H_
#undef STAA_KERNELS_AGGREGATOR_INL_H_
#else
#define STAA_KERNELS_AGGREGATOR_INL_H_
#endif

#include <vector>

#include "staa/kernels/neuron/layer_norm.h"
#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

constexpr std::size_t kMaxGroup = 16;

/// The extents of a matrix W [out, in].
struct MatrixShape {
  std::size_t out;
  std::size_t in;
};

/// Computes kRows rows of y [n, m] = x [n, k] b [k, m] + bias, for kVectors vectors of columns from
/// column c on. `bias` may be null. Every value is one sum over k in order, however the rows are
/// divided.
template <std::size_t kRows, std::size_t kVectors, class D, class T>
HWY_INLINE void multiply_block(D d, const T* HWY_RESTRICT x, std::size_t k, const T* HWY_RESTRICT b,
                               std::size_t m, std::size_t c, const T* bias, T* HWY_RESTRICT y) {
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<D> sums[kRows * kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    const auto start = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + c + v * lanes);
    for (std::size_t r = 0; r < kRows; ++r) sums[r * kVectors + v] = start;
  }
  for (std::size_t i = 0; i < k; ++i) {
    hn::Vec<D> row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, b + i * m + c + v * lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, x[r * k + i]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[r * kVectors + v] = hn::MulAdd(factor, row[v], sums[r * kVectors + v]);
      }
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      hn::StoreU(sums[r * kVectors + v], d, y + r * m + c + v * lanes);
    }
  }
}

/// Like multiply_block(), for all n rows.
template <std::size_t kVectors, class D, class T>
HWY_INLINE void multiply_columns(D d, const T* x, std::size_t n, std::size_t k, const T* b,
                                 std::size_t m, std::size_t c, const T* bias, T* y) {
  constexpr std::size_t kRows = 4;
  std::size_t r = 0;
  for (; r + kRows <= n; r += kRows) {
    multiply_block<kRows, kVectors>(d, x + r * k, k, b, m, c, bias, y + r * m);
  }
  for (; r < n; ++r) multiply_block<1, kVectors>(d, x + r * k, k, b, m, c, bias, y + r * m);
}

/// y [n, m] = x [n, k] b [k, m] + bias. `bias` may be null.
template <class T>
void multiply(const T* x, std::size_t n, std::size_t k, const T* b, std::size_t m, const T* bias,
              T* y) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kWide = 4;
  const auto wide = kWide * hn::Lanes(d);
  std::size_t c = 0;
  for (; c + wide <= m; c += wide) multiply_columns<kWide>(d, x, n, k, b, m, c, bias, y);
  const auto from = c;
  for_channels<T>(m - from, [&](auto narrow, std::size_t i) HWY_ATTR {
    multiply_columns<1>(narrow, x, n, k, b, m, from + i, bias, y);
  });
}

/// dx [n, in] = dy [n, out] W.
template <class T>
void linear_backward(const T* dy, std::size_t n, const T* weight, MatrixShape extent, T* dx) {
  multiply(dy, n, extent.out, weight, extent.in, static_cast<const T*>(nullptr), dx);
}

/// Eq. 8 and 9: computes w [n, C] from the contexts [n, C]; also writes `query` [n, R].
template <class T>
void gc_forward(const GcWeights<T>& gc, std::size_t n, MatrixShape extent, const T* context,
                T* query, T* w) {
  multiply(context, n, extent.in, gc.query_columns, extent.out, gc.query_bias, query);
  std::vector<T> hidden(n * extent.out);
  for (std::size_t i = 0; i < n; ++i) {
    hidden_of(gc, query + i * extent.out, extent.out, hidden.data() + i * extent.out);
  }
  multiply(hidden.data(), n, extent.out, gc.value_columns, extent.in, gc.value_bias, w);
}

/// Computes the gradients of LayerNorm's output, the query and the context from dw [n, C].
template <class T>
void gc_backward(const GcWeights<T>& gc, std::size_t n, MatrixShape extent, const T* query,
                 const T* dw, T* dnorm, T* dquery, T* dcontext) {
  const auto reduced = extent.out;
  linear_backward(dw, n, gc.value, {extent.in, reduced}, dnorm);
  for (std::size_t i = 0; i < n; ++i) {
    const T* q = query + i * reduced;
    T* dn = dnorm + i * reduced;
    const auto m = moments(q, reduced);
    T sum = 0;
    T sum_normed = 0;
    for (std::size_t r = 0; r < reduced; ++r) {
      const T normed = (q[r] - m.mean) * m.rstd;
      if (normed * gc.norm[r] + gc.norm_bias[r] <= 0) dn[r] = 0;
      sum += dn[r] * gc.norm[r];
      sum_normed += dn[r] * gc.norm[r] * normed;
    }
    const T size = static_cast<T>(reduced);
    for (std::size_t r = 0; r < reduced; ++r) {
      const T normed = (q[r] - m.mean) * m.rstd;
      dquery[i * reduced + r] =
          m.rstd * (dn[r] * gc.norm[r] - sum / size - normed * sum_normed / size);
    }
  }
  linear_backward(dquery, n, gc.query, extent, dcontext);
}

/// The two places where alpha may enter Eq. 12.
template <class T>
struct SaFactors {
  T inner;  ///< factor on the pooled input
  T outer;  ///< factor on the sigmoid
};

/// Eq. 12: computes gate [n, C] from the means of U [n, C]; also writes `hidden` [n, R].
template <class T>
void sa_forward(const SaWeights<T>& sa, const SaFactors<T>& alpha, std::size_t n,
                MatrixShape extent, const T* mean, T* hidden, T* gate) {
  std::vector<T> scaled(mean, mean + n * extent.in);
  for (auto& value : scaled) value *= alpha.inner;
  multiply(scaled.data(), n, extent.in, sa.reduce_columns, extent.out, sa.reduce_bias, hidden);
  for (std::size_t i = 0; i < n * extent.out; ++i) hidden[i] = std::max(hidden[i], T(0));
  multiply(hidden, n, extent.out, sa.expand_columns, extent.in, sa.expand_bias, gate);
  sigmoid_in_place(gate, n * extent.in, T(0));
  for (std::size_t i = 0; i < n * extent.in; ++i) gate[i] *= alpha.outer;
}

/// Computes the gradients of the hidden values and of the means from dgate [n, C], which is
/// overwritten by the gradient before the sigmoid.
template <class T>
void sa_backward(const SaWeights<T>& sa, const SaFactors<T>& alpha, std::size_t n,
                 MatrixShape extent, const T* hidden, const T* gate, T* dgate, T* dhidden,
                 T* dmean) {
  // The sigmoid is gate / outer.
  for (std::size_t i = 0; i < n * extent.in; ++i) {
    dgate[i] *= gate[i] * (1 - gate[i] / alpha.outer);
  }
  linear_backward(dgate, n, sa.expand, {extent.in, extent.out}, dhidden);
  for (std::size_t i = 0; i < n * extent.out; ++i) {
    if (hidden[i] <= 0) dhidden[i] = 0;
  }
  linear_backward(dhidden, n, sa.reduce, extent, dmean);
  for (std::size_t i = 0; i < n * extent.in; ++i) dmean[i] *= alpha.inner;
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
