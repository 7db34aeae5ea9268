#include "staa/kernels/inference/integrate.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/inference/integrate.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Appends the indices of the lanes that fired, and returns their number.
template <class D, class M>
HWY_INLINE std::size_t list(D d, M fired, std::size_t first, std::uint32_t* HWY_RESTRICT to) {
  const hn::Rebind<std::uint32_t, D> du;
  if (hn::AllFalse(d, fired)) return 0;
  const auto indices = hn::Iota(du, static_cast<std::uint32_t>(first));
  return hn::CompressStore(indices, hn::RebindMask(du, fired), du, to);
}

/// Calls f(d, index of the value, index of its constants) for vectors that cover all values.
template <class F>
HWY_INLINE void for_values(const Integration& layer, const F& f) {
  if (layer.each || layer.pixels == 1) {
    for_channels<float>(layer.values(), [&](auto d, std::size_t i) HWY_ATTR { f(d, i, i); });
    return;
  }
  for (std::size_t p = 0; p < layer.pixels; ++p) {
    const auto base = p * layer.channels;
    for_channels<float>(layer.channels, [&](auto d, std::size_t c) HWY_ATTR { f(d, base + c, c); });
  }
}

template <bool kSynapse, bool kSpikes, bool kSubtract>
std::size_t run(const Integration& layer, const float* HWY_RESTRICT x, float* HWY_RESTRICT current,
                float* HWY_RESTRICT v, std::uint32_t* HWY_RESTRICT fired) {
  std::size_t count = 0;
  for_values(layer, [&](auto d, std::size_t at, std::size_t c) HWY_ATTR {
    auto drive = hn::LoadU(d, x + at);
    if constexpr (kSynapse) {
      drive = hn::MulAdd(hn::LoadU(d, layer.synapse_decay + c), hn::LoadU(d, current + at),
                         hn::Mul(hn::LoadU(d, layer.synapse_gain + c), drive));
      hn::StoreU(drive, d, current + at);
    }
    const auto gained =
        hn::MulAdd(hn::LoadU(d, layer.gain + c), drive, hn::LoadU(d, layer.offset + c));
    auto next = hn::MulAdd(hn::LoadU(d, layer.decay + c), hn::LoadU(d, v + at), gained);
    if constexpr (kSpikes) {
      const auto threshold = hn::LoadU(d, layer.threshold + c);
      const auto above = hn::Gt(next, threshold);
      if constexpr (kSubtract) {
        next = hn::IfThenElse(above, hn::Sub(next, threshold), next);
      } else {
        next = hn::IfThenElse(above, hn::LoadU(d, layer.reset + c), next);
      }
      count += list(d, above, at, fired + count);
    }
    hn::StoreU(next, d, v + at);
  });
  return count;
}

std::size_t step(const Integration& layer, const float* HWY_RESTRICT x, float* HWY_RESTRICT i,
                 float* HWY_RESTRICT v, std::uint32_t* HWY_RESTRICT fired) {
  const bool synapse = layer.synapse_decay != nullptr;
  if (layer.threshold == nullptr) {
    return synapse ? run<true, false, false>(layer, x, i, v, fired)
                   : run<false, false, false>(layer, x, i, v, fired);
  }
  if (layer.reset == nullptr) {
    return synapse ? run<true, true, true>(layer, x, i, v, fired)
                   : run<false, true, true>(layer, x, i, v, fired);
  }
  return synapse ? run<true, true, false>(layer, x, i, v, fired)
                 : run<false, true, false>(layer, x, i, v, fired);
}

std::size_t above(const Integration& layer, const float* HWY_RESTRICT x,
                  std::uint32_t* HWY_RESTRICT fired) {
  std::size_t count = 0;
  for_values(layer, [&](auto d, std::size_t at, std::size_t c) HWY_ATTR {
    const auto over = hn::Gt(hn::LoadU(d, x + at), hn::LoadU(d, layer.threshold + c));
    count += list(d, over, at, fired + count);
  });
  return count;
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(step);
HWY_EXPORT(above);

std::size_t integrate(const Integration& layer, const float* x, float* i, float* v,
                      std::uint32_t* fired) {
  return HWY_DYNAMIC_DISPATCH(step)(layer, x, i, v, fired);
}

std::size_t above_threshold(const Integration& layer, const float* x, std::uint32_t* fired) {
  return HWY_DYNAMIC_DISPATCH(above)(layer, x, fired);
}

}  // namespace staa::kernels
#endif
