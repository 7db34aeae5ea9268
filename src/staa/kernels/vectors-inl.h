// Vector loops over blocks of pixels [P, C] and over plain arrays. Compiled once per target.
#if defined(STAA_KERNELS_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_VECTORS_INL_H_
#undef STAA_KERNELS_VECTORS_INL_H_
#else
#define STAA_KERNELS_VECTORS_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "staa/kernels/element.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The number of pixels in a block: a few blocks of so many pixels stay in the first-level cache
/// together.
inline std::size_t block_pixels(std::size_t channels) {
  return std::clamp<std::size_t>(1024 / channels, 4, 64);
}
constexpr std::size_t kMaxBlockPixels = 64;

/// Loads a vector of elements, converted to the type of their arithmetic.
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const hn::TFromD<D>* HWY_RESTRICT from) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const Bf16* HWY_RESTRICT from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<Bf16, D>(), from));
}

/// Stores a vector; Bf16 elements are rounded to nearest, ties to even.
template <class D>
HWY_INLINE void store(hn::Vec<D> values, D d, hn::TFromD<D>* HWY_RESTRICT to) {
  hn::StoreU(values, d, to);
}
template <class D>
HWY_INLINE void store(hn::Vec<D> values, D d, Bf16* HWY_RESTRICT to) {
  const hn::Rebind<std::uint32_t, D> wide;
  const hn::Rebind<std::int32_t, D> signed_wide;
  const hn::Rebind<std::uint16_t, D> half;
  const auto bits = hn::BitCast(wide, values);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(wide, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(wide, 0x7FFF)));
  hn::StoreU(hn::DemoteTo(half, hn::BitCast(signed_wide, hn::ShiftRight<16>(rounded))), half,
             reinterpret_cast<std::uint16_t*>(to));
}

/// Convert one element to the type of its arithmetic, and back.
HWY_INLINE float scalar(float value) { return value; }
HWY_INLINE double scalar(double value) { return value; }
HWY_INLINE float scalar(Bf16 value) { return hwy::F32FromBF16(value); }
template <class S>
HWY_INLINE S element(Compute<S> value) {
  if constexpr (std::is_same_v<S, Bf16>) {
    Bf16 out;
    store(hn::Set(hn::CappedTag<float, 1>(), value), hn::CappedTag<float, 1>(), &out);
    return out;
  } else {
    return value;
  }
}

template <class T, std::size_t kLanes, class F>
HWY_INLINE void for_tail(std::size_t c, std::size_t channels, const F& f) {
  const hn::CappedTag<T, kLanes> d;
  if (c + kLanes <= channels) {
    f(d, c);
    c += kLanes;
  }
  if constexpr (kLanes > 1) for_tail<T, kLanes / 2>(c, channels, f);
}

/// Calls f(d, c) so that vectors with tag d at positions c cover [0, channels) exactly once: full
/// vectors first, then at most one of each smaller power of two. Nothing beyond `channels` is
/// accessed.
template <class T, class F>
HWY_INLINE void for_channels(std::size_t channels, const F& f) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  std::size_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) f(d, c);
  if constexpr (kLanes > 1) for_tail<T, kLanes / 2>(c, channels, f);
}

template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  using T = hn::TFromD<D>;
  const V limit = hn::Set(d, static_cast<T>(sizeof(T) == 4 ? 80 : 700));
  const V one = hn::Set(d, static_cast<T>(1));
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Min(hn::Neg(x), limit))));
}

/// values[i] = sigmoid(values[i] + bias).
template <class T>
void sigmoid_in_place(T* HWY_RESTRICT values, std::size_t size, T bias) {
  for_channels<T>(size, [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(sigmoid(d, hn::Add(hn::LoadU(d, values + i), hn::Set(d, bias))), d, values + i);
  });
}

#if HWY_TARGET != HWY_SCALAR  // HWY_SCALAR has no shuffles
/// Adds the 16-byte blocks of a vector of floats. Returns one block.
template <class D, class V>
HWY_INLINE auto sum_of_blocks(D d, V v) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
#endif

/// out[0..3] = sums of the lanes of four vectors.
template <class T, class D, class V>
HWY_INLINE void sums_of_four(D d, V a, V b, V c, V e, T* HWY_RESTRICT out) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4 && hn::MaxLanes(D()) >= 4) {
    const V ac = hn::Add(hn::InterleaveLower(d, a, c), hn::InterleaveUpper(d, a, c));
    const V be = hn::Add(hn::InterleaveLower(d, b, e), hn::InterleaveUpper(d, b, e));
    const V all = hn::Add(hn::InterleaveLower(d, ac, be), hn::InterleaveUpper(d, ac, be));
    hn::StoreU(sum_of_blocks(d, all), hn::CappedTag<T, 4>(), out);  // a, b, c, e in every block
    return;
  }
#endif
  out[0] = hn::GetLane(hn::SumOfLanes(d, a));
  out[1] = hn::GetLane(hn::SumOfLanes(d, b));
  out[2] = hn::GetLane(hn::SumOfLanes(d, c));
  out[3] = hn::GetLane(hn::SumOfLanes(d, e));
}

/// A reader of values as they lie in memory. Other readers compute their values on demand.
template <class T>
struct Stored {
  const T* HWY_RESTRICT values;

  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, std::size_t i) const {
    return hn::LoadU(d, values + i);
  }
};

/// out[p] = sum over c of x[p, c] * w[c], with vectors of at most kLanes lanes.
template <class T, std::size_t kLanes, class Reader>
HWY_INLINE void dots_of(const Reader& x, const T* HWY_RESTRICT w, std::size_t channels,
                        std::size_t pixels, T* HWY_RESTRICT out) {
  if constexpr (kLanes > 1) {
    if (channels < kLanes) return dots_of<T, kLanes / 2>(x, w, channels, pixels, out);
  }
  const hn::CappedTag<T, kLanes> d;
  const hn::CappedTag<T, 1> single;
  const std::size_t whole = channels / kLanes * kLanes;
  std::size_t p = 0;
  for (; p + 4 <= pixels; p += 4) {
    const std::size_t row = p * channels;
    auto a0 = hn::Zero(d);
    auto a1 = a0;
    auto a2 = a0;
    auto a3 = a0;
    for (std::size_t c = 0; c < whole; c += kLanes) {
      const auto weight = hn::LoadU(d, w + c);
      a0 = hn::MulAdd(x.load(d, row + c), weight, a0);
      a1 = hn::MulAdd(x.load(d, row + channels + c), weight, a1);
      a2 = hn::MulAdd(x.load(d, row + 2 * channels + c), weight, a2);
      a3 = hn::MulAdd(x.load(d, row + 3 * channels + c), weight, a3);
    }
    sums_of_four(d, a0, a1, a2, a3, out + p);
    for (std::size_t c = whole; c < channels; ++c) {
      for (std::size_t i = 0; i < 4; ++i) {
        out[p + i] += hn::GetLane(x.load(single, row + i * channels + c)) * w[c];
      }
    }
  }
  for (; p < pixels; ++p) {
    // Adds in the same order as above, so that a row's result does not depend on its neighbours.
    auto a = hn::Zero(d);
    for (std::size_t c = 0; c < whole; c += kLanes) {
      a = hn::MulAdd(x.load(d, p * channels + c), hn::LoadU(d, w + c), a);
    }
    T four[4];
    sums_of_four(d, a, a, a, a, four);
    out[p] = four[0];
    for (std::size_t c = whole; c < channels; ++c) {
      out[p] += hn::GetLane(x.load(single, p * channels + c)) * w[c];
    }
  }
}

/// out[p] = sum over c of x[p, c] * w[c].
template <class T, class Reader>
void dots_from(const Reader& x, const T* w, std::size_t channels, std::size_t pixels, T* out) {
  dots_of<T, hn::MaxLanes(hn::ScalableTag<T>())>(x, w, channels, pixels, out);
}
template <class T>
void dots(const T* x, const T* w, std::size_t channels, std::size_t pixels, T* out) {
  dots_from(Stored<T>{x}, w, channels, pixels, out);
}

/// Runs step(p, sum) for p in [0, count) on four sums in turn, so that their additions do not wait
/// for one another, and returns start plus the sums.
template <class V, class F>
HWY_INLINE V sum_in_four(V start, std::size_t count, V zero, const F& step) {
  V s0 = start;
  V s1 = zero;
  V s2 = zero;
  V s3 = zero;
  std::size_t p = 0;
  for (; p + 4 <= count; p += 4) {
    s0 = step(p, s0);
    s1 = step(p + 1, s1);
    s2 = step(p + 2, s2);
    s3 = step(p + 3, s3);
  }
  for (; p < count; ++p) s0 = step(p, s0);
  return hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
}

/// weighted[c] += sum over p of weights[p] * x[p, c].
template <class T>
void add_weighted(const T* HWY_RESTRICT x, const T* HWY_RESTRICT weights, std::size_t channels,
                  std::size_t pixels, T* HWY_RESTRICT weighted) {
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto step = [&](std::size_t p, auto sum) HWY_ATTR {
      return hn::MulAdd(hn::Set(d, weights[p]), hn::LoadU(d, x + p * channels + c), sum);
    };
    hn::StoreU(sum_in_four(hn::LoadU(d, weighted + c), pixels, hn::Zero(d), step), d, weighted + c);
  });
}

/// sums[c] += sum over p of x[p, c].
template <class T>
void add_plain(const T* HWY_RESTRICT x, std::size_t channels, std::size_t pixels,
               T* HWY_RESTRICT sums) {
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto step = [&](std::size_t p, auto sum)
                          HWY_ATTR { return hn::Add(sum, hn::LoadU(d, x + p * channels + c)); };
    hn::StoreU(sum_in_four(hn::LoadU(d, sums + c), pixels, hn::Zero(d), step), d, sums + c);
  });
}

/// Like add_weighted(), and also plain[c] += sum over p of x[p, c].
template <class T>
void add_weighted_and_plain(const T* HWY_RESTRICT x, const T* HWY_RESTRICT weights,
                            std::size_t channels, std::size_t pixels, T* HWY_RESTRICT weighted,
                            T* HWY_RESTRICT plain) {
  constexpr std::size_t kSums = 4;  // of each kind, as in sum_in_four()
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V sum[kSums] = {hn::LoadU(d, weighted + c), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    V all[kSums] = {hn::LoadU(d, plain + c), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    std::size_t p = 0;
    for (; p + kSums <= pixels; p += kSums) {
      for (std::size_t i = 0; i < kSums; ++i) {
        const auto value = hn::LoadU(d, x + (p + i) * channels + c);
        sum[i] = hn::MulAdd(hn::Set(d, weights[p + i]), value, sum[i]);
        all[i] = hn::Add(all[i], value);
      }
    }
    for (; p < pixels; ++p) {
      const auto value = hn::LoadU(d, x + p * channels + c);
      sum[0] = hn::MulAdd(hn::Set(d, weights[p]), value, sum[0]);
      all[0] = hn::Add(all[0], value);
    }
    const auto total = [](const V(&s)[kSums])
                           HWY_ATTR { return hn::Add(hn::Add(s[0], s[1]), hn::Add(s[2], s[3])); };
    hn::StoreU(total(sum), d, weighted + c);
    hn::StoreU(total(all), d, plain + c);
  });
}

/// sums[c] += sum over p of dx[p, c] * (x[p, c] - center[c]).
template <class T, class S>
void add_products(const T* HWY_RESTRICT dx, const S* HWY_RESTRICT x, const T* HWY_RESTRICT center,
                  std::size_t channels, std::size_t pixels, T* HWY_RESTRICT sums) {
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto middle = hn::LoadU(d, center + c);
    const auto step = [&](std::size_t p, auto sum) HWY_ATTR {
      const auto i = p * channels + c;
      return hn::MulAdd(hn::LoadU(d, dx + i), hn::Sub(load(d, x + i), middle), sum);
    };
    hn::StoreU(sum_in_four(hn::LoadU(d, sums + c), pixels, hn::Zero(d), step), d, sums + c);
  });
}

/// out[i] = values[i], converted to the element type of `out`.
template <class T, class S>
void convert(const T* HWY_RESTRICT values, std::size_t size, S* HWY_RESTRICT out) {
  for_channels<T>(
      size, [&](auto d, std::size_t i) HWY_ATTR { store(hn::LoadU(d, values + i), d, out + i); });
}

/// out[i] += values[i].
template <class T>
void add_to(const T* HWY_RESTRICT values, std::size_t size, T* HWY_RESTRICT out) {
  for_channels<T>(size, [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, out + i), hn::LoadU(d, values + i)), d, out + i);
  });
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
