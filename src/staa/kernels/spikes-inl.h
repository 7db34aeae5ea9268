// Conversion of spikes between values and bits, with vectors. Compiled once per target.
#if defined(STAA_KERNELS_SPIKES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_SPIKES_INL_H_
#undef STAA_KERNELS_SPIKES_INL_H_
#else
#define STAA_KERNELS_SPIKES_INL_H_
#endif

#include <cstring>

#include "staa/kernels/spikes.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Packs `size` <= 64 values into bits. Sets `other` if one of them is neither 0 nor 1.
template <class S>
HWY_INLINE std::uint64_t pack_word(const S* HWY_RESTRICT values, std::size_t size, bool& other) {
  using T = Compute<S>;
  const hn::ScalableTag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  std::uint64_t word = 0;
  std::size_t i = 0;
  auto strange = hn::FirstN(d, 0);
  const auto one = hn::Set(d, T(1));
  for (; i + kLanes <= size; i += kLanes) {
    const auto value = load(d, values + i);
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
    const T value = scalar(values[i]);
    word |= std::uint64_t{value == T(1)} << i;
    other |= value != T(1) && value != T(0);
  }
  return word;
}

template <class S>
PackedSpikes pack(const S* HWY_RESTRICT values, std::size_t size, std::uint64_t* HWY_RESTRICT out) {
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

template <class S>
void unpack(const std::uint64_t* HWY_RESTRICT words, std::size_t size, S* HWY_RESTRICT values) {
  using T = Compute<S>;
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
      store(hn::IfThenElseZero(hn::LoadMaskBits(d, bits), one), d, values + i + j);
    }
    for (; j < count; ++j) values[i + j] = element<S>(static_cast<T>((word >> j) & 1));
  }
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
