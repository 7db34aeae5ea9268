// GC and SA on their pooled values: a few rows of C numbers for each step. Compiled once a target.
#if defined(STAA_KERNELS_AGGREGATOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_AGGREGATOR_INL_H_
#undef STAA_KERNELS_AGGREGATOR_INL_H_
#else
#define STAA_KERNELS_AGGREGATOR_INL_H_
#endif

#include <cmath>
#include <vector>

#include "staa/kernels/neuron.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

constexpr std::size_t kMaxGroup = 16;

/// Extent of a matrix W [out, in].
struct Extent {
  std::size_t out;
  std::size_t in;
};

/// y [n, out] = x [n, in] W^T + bias; n at most kMaxGroup.
template <class T>
void linear(const T* x, std::size_t n, const T* weight, const T* bias, Extent extent, T* y) {
  T column[kMaxGroup];
  for (std::size_t o = 0; o < extent.out; ++o) {
    dots(x, weight + o * extent.in, extent.in, n, column);
    for (std::size_t i = 0; i < n; ++i) y[i * extent.out + o] = column[i] + bias[o];
  }
}

/// dx [n, in] = dy [n, out] W.
template <class T>
void linear_backward(const T* dy, std::size_t n, const T* weight, Extent extent, T* dx) {
  constexpr std::size_t kRows = 8;  // of W at a time, so that they are read in order
  std::fill(dx, dx + n * extent.in, T(0));
  for (std::size_t o = 0; o < extent.out; o += kRows) {
    const auto rows = std::min(kRows, extent.out - o);
    for (std::size_t i = 0; i < n; ++i) {
      add_weighted(weight + o * extent.in, dy + i * extent.out + o, extent.in, rows,
                   dx + i * extent.in);
    }
  }
}

/// Mean and reciprocal deviation of LayerNorm (eps 1e-5).
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

/// Eq. 8 and 9: w [n, C] from the contexts [n, C]; `query` [n, R] is kept.
template <class T>
void gc_forward(const GcWeights<T>& gc, std::size_t n, Extent extent, const T* context, T* query,
                T* w) {
  linear(context, n, gc.query, gc.query_bias, extent, query);
  std::vector<T> hidden(n * extent.out);
  for (std::size_t i = 0; i < n; ++i) {
    const T* q = query + i * extent.out;
    const auto m = moments(q, extent.out);
    for (std::size_t r = 0; r < extent.out; ++r) {
      const T value = (q[r] - m.mean) * m.rstd * gc.norm[r] + gc.norm_bias[r];
      hidden[i * extent.out + r] = std::max(value, T(0));
    }
  }
  linear(hidden.data(), n, gc.value, gc.value_bias, {extent.in, extent.out}, w);
}

/// From dw [n, C] to the gradients of LayerNorm's output, of the query and of the context.
template <class T>
void gc_backward(const GcWeights<T>& gc, std::size_t n, Extent extent, const T* query, const T* dw,
                 T* dnorm, T* dquery, T* dcontext) {
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

/// Eq. 12: gate [n, C] from U's means [n, C]; `hidden` [n, R] is kept.
template <class T>
void sa_forward(const SaWeights<T>& sa, T alpha, std::size_t n, Extent extent, const T* mean,
                T* hidden, T* gate) {
  std::vector<T> scaled(mean, mean + n * extent.in);
  for (auto& value : scaled) value *= alpha;
  linear(scaled.data(), n, sa.reduce, sa.reduce_bias, extent, hidden);
  for (std::size_t i = 0; i < n * extent.out; ++i) hidden[i] = std::max(hidden[i], T(0));
  linear(hidden, n, sa.expand, sa.expand_bias, {extent.in, extent.out}, gate);
  sigmoid_in_place(gate, n * extent.in, T(0));
}

/// From dgate [n, C] (overwritten by the gradient before the sigmoid) to those of the hidden values
/// and of the means.
template <class T>
void sa_backward(const SaWeights<T>& sa, T alpha, std::size_t n, Extent extent, const T* hidden,
                 const T* gate, T* dgate, T* dhidden, T* dmean) {
  for (std::size_t i = 0; i < n * extent.in; ++i) dgate[i] *= gate[i] * (1 - gate[i]);
  linear_backward(dgate, n, sa.expand, {extent.in, extent.out}, dhidden);
  for (std::size_t i = 0; i < n * extent.out; ++i) {
    if (hidden[i] <= 0) dhidden[i] = 0;
  }
  linear_backward(dhidden, n, sa.reduce, extent, dmean);
  for (std::size_t i = 0; i < n * extent.in; ++i) dmean[i] *= alpha;
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
