#include "staa/kernels/spikes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/spikes.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/spikes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

std::size_t count(const std::uint64_t* words, std::size_t size) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += hwy::PopCount(words[i]);
  return sum;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                        \
  PackedSpikes pack_##name(const S* values, std::size_t size, std::uint64_t* words) { \
    return pack(values, size, words);                                                 \
  }                                                                                   \
  void unpack_##name(const std::uint64_t* words, std::size_t size, S* values) {       \
    unpack(words, size, values);                                                      \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(count);
std::size_t count_spikes(const std::uint64_t* words, std::size_t size) {
  return HWY_DYNAMIC_DISPATCH(count)(words, size);
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                        \
  HWY_EXPORT(pack_##name);                                                            \
  HWY_EXPORT(unpack_##name);                                                          \
  PackedSpikes pack_spikes(const S* values, std::size_t size, std::uint64_t* words) { \
    return HWY_DYNAMIC_DISPATCH(pack_##name)(values, size, words);                    \
  }                                                                                   \
  void unpack_spikes(const std::uint64_t* words, std::size_t size, S* values) {       \
    HWY_DYNAMIC_DISPATCH(unpack_##name)(words, size, values);                         \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels
#endif
