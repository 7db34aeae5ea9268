#pragma once

#include <algorithm>
#include <cmath>

#include "staa/kernels/cuda/grid.h"
#include "staa/kernels/element.h"
#include "staa/options/neuron.h"
#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#else
#include <cstring>
#endif

/// Arithmetic, and access to elements in memory, for the kernels for GPUs.
namespace staa::kernels::cuda {

/// a * b + c, rounded once. It is called wherever a product is added: the compiler must not choose,
/// because passes that recompute a membrane must give the same bits.
STAA_DEVICE float fused(float a, float b, float c) { return fmaf(a, b, c); }
STAA_DEVICE double fused(double a, double b, double c) { return fma(a, b, c); }

STAA_DEVICE float exponential(float x) { return expf(x); }
STAA_DEVICE double exponential(double x) { return exp(x); }

STAA_DEVICE float root(float x) { return sqrtf(x); }
STAA_DEVICE double root(double x) { return sqrt(x); }

template <class T>
STAA_DEVICE T magnitude(T x) {
  return x < 0 ? -x : x;
}

template <class T>
STAA_DEVICE T sigmoid(T x) {
  return 1 / (1 + exponential(-x));
}

STAA_DEVICE float widen(float value) { return value; }
STAA_DEVICE double widen(double value) { return value; }
STAA_DEVICE void narrow(float value, float& to) { to = value; }
STAA_DEVICE void narrow(double value, double& to) { to = value; }

#ifdef __CUDACC__

STAA_DEVICE float widen(Bf16 value) {
  return __bfloat162float(reinterpret_cast<const __nv_bfloat16&>(value));
}
STAA_DEVICE float widen(Half value) { return __half2float(reinterpret_cast<const __half&>(value)); }
STAA_DEVICE void narrow(float value, Bf16& to) {
  reinterpret_cast<__nv_bfloat16&>(to) = __float2bfloat16_rn(value);
}
STAA_DEVICE void narrow(float value, Half& to) {
  reinterpret_cast<__half&>(to) = __float2half_rn(value);
}

#else

inline float float_of_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}
inline std::uint32_t bits_of_float(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
inline float widen(Bf16 value) { return float_of_bits(std::uint32_t{value.bits} << 16); }
inline void narrow(float value, Bf16& to) {
  const auto bits = bits_of_float(value);
  to.bits = static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
/// Exact: one product moves a half's exponent to a float's, also for subnormals.
inline float widen(Half value) {
  const auto sign = std::uint32_t{value.bits & 0x8000U} << 16;
  const auto bits = std::uint32_t{value.bits & 0x7fffU} << 13;
  if (bits >= 0x0f800000) return float_of_bits(sign | bits | 0x7f800000);  // infinity, NaN
  return float_of_bits(sign | bits_of_float(float_of_bits(bits) * 0x1p112F));
}
/// Rounds to the nearest, ties to even. Values beyond a half's range become infinity.
inline void narrow(float value, Half& to) {
  const auto sign = static_cast<std::uint16_t>(bits_of_float(value) >> 16 & 0x8000);
  const float size = magnitude(value);
  if (!(size < 65520.0F)) {
    to.bits = static_cast<std::uint16_t>(sign | (size == size ? 0x7c00 : 0x7e00));
    return;
  }
  // Below the smallest normal half, the spacing stays what it is there.
  int exponent = 0;
  std::frexp(size, &exponent);
  const float step = std::ldexp(1.0F, std::max(exponent, -13) - 11);
  const float rounded = std::nearbyint(size / step) * step;
  to.bits = static_cast<std::uint16_t>(sign | bits_of_float(rounded * 0x1p-112F) >> 13);
}

#endif

/// kCount adjacent elements, which are moved at once. Their address is a multiple of their size.
template <class S, int kCount>
struct alignas(sizeof(S) * kCount) Pack {
  S values[kCount];
};

template <int kCount, class S>
STAA_DEVICE void load(const S* from, Compute<S> (&to)[kCount]) {
  const auto pack = *reinterpret_cast<const Pack<S, kCount>*>(from);
  STAA_UNROLL
  for (int k = 0; k < kCount; ++k) to[k] = widen(pack.values[k]);
}

#ifdef __CUDACC__
/// Stores N words with one instruction. It is inline assembly, because nvcc would store each member
/// of an array separately.
STAA_DEVICE void store_words(void* to, const unsigned (&words)[1]) {
  asm volatile("st.b32 [%0], %1;" : : "l"(to), "r"(words[0]) : "memory");
}
STAA_DEVICE void store_words(void* to, const unsigned (&words)[2]) {
  asm volatile("st.v2.b32 [%0], {%1, %2};" : : "l"(to), "r"(words[0]), "r"(words[1]) : "memory");
}
STAA_DEVICE void store_words(void* to, const unsigned (&words)[4]) {
  asm volatile("st.v4.b32 [%0], {%1, %2, %3, %4};"
               :
               : "l"(to), "r"(words[0]), "r"(words[1]), "r"(words[2]), "r"(words[3])
               : "memory");
}
#endif

template <int kCount, class S>
STAA_DEVICE void store(const Compute<S> (&from)[kCount], S* to) {
  Pack<S, kCount> pack;
  STAA_UNROLL
  for (int k = 0; k < kCount; ++k) narrow(from[k], pack.values[k]);
#ifdef __CUDACC__
  if constexpr (kCount > 1) {
    unsigned words[sizeof(pack) / sizeof(unsigned)];
    memcpy(words, &pack, sizeof(pack));
    return store_words(to, words);
  }
#endif
  *reinterpret_cast<Pack<S, kCount>*>(to) = pack;
}

/// Like load(), for parameters from `first` on, which may lie anywhere in a larger tensor: it loads
/// 16 bytes at once if they are aligned, otherwise one value at a time. If `parameters` is null,
/// all values are `missing`.
template <int kCount, class T>
STAA_DEVICE void load_each(const T* parameters, std::size_t first, T missing, T (&to)[kCount]) {
  constexpr int kWide = 16 / sizeof(T);
  const T* from = parameters == nullptr ? nullptr : parameters + first;
  if constexpr (kCount % kWide == 0) {
    if (from != nullptr && reinterpret_cast<std::uintptr_t>(from) % 16 == 0) {
      STAA_UNROLL
      for (int k = 0; k < kCount; k += kWide) {
        T part[kWide];
        load(from + k, part);
        STAA_UNROLL
        for (int j = 0; j < kWide; ++j) to[k + j] = part[j];
      }
      return;
    }
  }
  STAA_UNROLL
  for (int k = 0; k < kCount; ++k) to[k] = from == nullptr ? missing : from[k];
}

/// dS/dV at x = V - v_th; see Surrogate.
template <class T>
STAA_DEVICE T surrogate_slope(Surrogate shape, T x, T width) {
  switch (shape) {
    case Surrogate::kRectangle:
      return magnitude(x) < width / 2 ? 1 / width : T(0);
    case Surrogate::kTriangle: {
      const T height = 1 - magnitude(x) / width;
      return height > 0 ? height / width : T(0);
    }
    case Surrogate::kSigmoid: {
      const T s = sigmoid(4 / width * x);
      return s * (1 - s) * 4 / width;
    }
    case Surrogate::kArctan: {
      const T scaled = x * (static_cast<T>(3.14159265358979323846) / width);
      return 1 / (width * fused(scaled, scaled, T(1)));
    }
    case Surrogate::kFastSigmoid: {
      const T root = fused(magnitude(x), 2 / width, T(1));
      return 1 / (width * root * root);
    }
  }
  return 0;
}

}  // namespace staa::kernels::cuda
