#include "staa/kernels/spikes.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/spikes.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Bits of `size` <= 64 values; sets `other` where one is neither 0 nor 1.
template <class T>
HWY_INLINE std::uint64_t pack_word(const T* HWY_RESTRICT values, std::size_t size, bool& other) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  std::uint64_t word = 0;
  std::size_t i = 0;
  auto strange = hn::FirstN(d, 0);
  const auto one = hn::Set(d, T(1));
  for (; i + kLanes <= size; i += kLanes) {
    const auto value = hn::LoadU(d, values + i);
    const auto fired = hn::Eq(value, one);
    strange = hn::Or(strange, hn::AndNot(fired, hn::Ne(value, hn::Zero(d))));
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(d, fired, bits);
    std::uint64_t part;
    std::memcpy(&part, bits, sizeof part);
    word |= part << i;
  }
  other = !hn::AllFalse(d, strange);
  for (; i < size; ++i) {
    word |= std::uint64_t{values[i] == T(1)} << i;
    other |= values[i] != T(1) && values[i] != T(0);
  }
  return word;
}

template <class T>
PackedSpikes pack(const T* HWY_RESTRICT values, std::size_t size, std::uint64_t* HWY_RESTRICT out) {
  PackedSpikes packed;
  for (std::size_t i = 0; i < size; i += kSpikesPerWord) {
    bool other = false;
    const auto word = pack_word(values + i, std::min(kSpikesPerWord, size - i), other);
    if (other) {
      packed.binary = false;
      return packed;
    }
    packed.fired += hwy::PopCount(word);
    out[i / kSpikesPerWord] = word;
  }
  return packed;
}

template <class T>
void unpack(const std::uint64_t* HWY_RESTRICT words, std::size_t size, T* HWY_RESTRICT values) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const auto one = hn::Set(d, T(1));
  for (std::size_t i = 0; i < size; i += kSpikesPerWord) {
    const auto word = words[i / kSpikesPerWord];
    const auto count = std::min(kSpikesPerWord, size - i);
    std::size_t j = 0;
    for (; j + kLanes <= count; j += kLanes) {
      const auto part = word >> j;
      std::uint8_t bits[8];
      std::memcpy(bits, &part, sizeof part);
      hn::StoreU(hn::IfThenElseZero(hn::LoadMaskBits(d, bits), one), d, values + i + j);
    }
    for (; j < count; ++j) values[i + j] = static_cast<T>((word >> j) & 1);
  }
}

PackedSpikes pack_f32(const float* values, std::size_t size, std::uint64_t* words) {
  return pack(values, size, words);
}
PackedSpikes pack_f64(const double* values, std::size_t size, std::uint64_t* words) {
  return pack(values, size, words);
}
void unpack_f32(const std::uint64_t* words, std::size_t size, float* values) {
  unpack(words, size, values);
}
void unpack_f64(const std::uint64_t* words, std::size_t size, double* values) {
  unpack(words, size, values);
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(pack_f32);
HWY_EXPORT(pack_f64);
HWY_EXPORT(unpack_f32);
HWY_EXPORT(unpack_f64);

PackedSpikes pack_spikes(const float* values, std::size_t size, std::uint64_t* words) {
  return HWY_DYNAMIC_DISPATCH(pack_f32)(values, size, words);
}

PackedSpikes pack_spikes(const double* values, std::size_t size, std::uint64_t* words) {
  return HWY_DYNAMIC_DISPATCH(pack_f64)(values, size, words);
}

void unpack_spikes(const std::uint64_t* words, std::size_t size, float* values) {
  HWY_DYNAMIC_DISPATCH(unpack_f32)(words, size, values);
}

void unpack_spikes(const std::uint64_t* words, std::size_t size, double* values) {
  HWY_DYNAMIC_DISPATCH(unpack_f64)(words, size, values);
}

}  // namespace staa::kernels
#endif
