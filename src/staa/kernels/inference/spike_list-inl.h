// Lists of spikes in images of levels. Compiled once per target.
#if defined(STAA_KERNELS_INFERENCE_SPIKE_LIST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_INFERENCE_SPIKE_LIST_INL_H_
#undef STAA_KERNELS_INFERENCE_SPIKE_LIST_INL_H_
#else
#define STAA_KERNELS_INFERENCE_SPIKE_LIST_INL_H_
#endif

#include "staa/kernels/inference/sparse_convolution.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Loads units of kUnit bytes (1, 2 or 4), one per lane. The two bytes of a 2-byte unit go to the
/// halves of the lane.
template <std::size_t kUnit>
HWY_INLINE auto units_at(const std::uint8_t* at) {
  const hn::ScalableTag<std::int32_t> d;
  if constexpr (kUnit == 4) {
    return hn::LoadU(d, reinterpret_cast<const std::int32_t*>(at));
  } else if constexpr (kUnit == 2) {
    const hn::Rebind<std::uint16_t, decltype(d)> du;
    const auto both = hn::PromoteTo(d, hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(at)));
    const auto byte = hn::Set(d, 0xff);
    return hn::Or(hn::And(both, byte), hn::ShiftLeft<8>(hn::AndNot(byte, both)));
  } else {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::uint8_t, decltype(d)>(), at));
  }
}

/// The number of ones among `count` bits from bit `first` on.
inline std::size_t count_bits(const std::uint64_t* words, std::size_t first, std::size_t count) {
  std::size_t ones = 0;
  while (count > 0) {
    const auto at = first % 64;
    const auto here = std::min<std::size_t>(count, 64 - at);
    const auto word = words[first / 64] >> at;
    ones += hwy::PopCount(here == 64 ? word : word & ((std::uint64_t{1} << here) - 1));
    first += here;
    count -= here;
  }
  return ones;
}

/// Appends the spikes of a row of `units` units, which starts at `from` in the first of kSteps
/// images. Marks in list.bits which units are spikes. Returns the list's new size.
template <std::size_t kUnit, std::size_t kSteps>
HWY_INLINE std::size_t list_row(const std::uint8_t* from, std::size_t image, std::size_t units,
                                std::size_t first_key, std::size_t size, SpikeList& list) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::ScalableTag<float> df;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<float>());
  std::uint64_t word = 0;
  for (std::size_t u = 0; u < units; u += kLanes) {
    hn::Vec<decltype(d)> values[kSteps];
    auto any = hn::Zero(d);
    for (std::size_t s = 0; s < kSteps; ++s) {
      values[s] = units_at<kUnit>(from + s * image + u * kUnit);
      any = hn::Or(any, values[s]);
    }
    auto fired = hn::Ne(any, hn::Zero(d));
    if (u + kLanes > units) fired = hn::And(fired, hn::FirstN(d, units - u));
    std::uint16_t bits = 0;
    hn::StoreMaskBits(d, fired, reinterpret_cast<std::uint8_t*>(&bits));
    word |= std::uint64_t{bits} << u % 64;
    if ((u + kLanes) % 64 == 0 || u + kLanes >= units) {
      list.bits[u / 64] = word;
      word = 0;
    }
    const auto keys = hn::Iota(d, static_cast<std::int32_t>(first_key + u));
    hn::StoreU(hn::Compress(keys, fired), d,
               reinterpret_cast<std::int32_t*>(list.keys.data()) + size);
    if constexpr (kUnit == 2) {
      for (std::size_t s = 0; s < kSteps; ++s) {
        hn::StoreU(hn::Compress(values[s], fired), d, list.pairs.data() + s * list.most + size);
      }
    }
    if constexpr (kUnit == 1) {
      const auto of_floats = hn::RebindMask(df, fired);
      for (std::size_t s = 0; s < kSteps; ++s) {
        const auto packed = hn::Compress(hn::ConvertTo(df, values[s]), of_floats);
        hn::StoreU(packed, df, list.values.data() + s * list.most + size);
      }
    }
    size += hwy::PopCount(bits);
  }
  return size;
}

/// The number of units that a list of these time steps would hold.
template <std::size_t kUnit>
std::size_t count_spikes(const LevelsShape& shape, const std::uint8_t* levels, std::size_t steps) {
  using Narrow = std::conditional_t<kUnit == 2, std::uint16_t, std::uint8_t>;
  using Unit = std::conditional_t<kUnit == 4, std::uint32_t, Narrow>;
  const hn::ScalableTag<Unit> d;
  const auto lanes = hn::MaxLanes(d);
  const auto units = shape.width * shape.pixel() / sizeof(Unit);
  std::size_t count = 0;
  for (std::size_t y = 0; y < shape.height; ++y) {
    const std::uint8_t* row = levels + shape.at(y, 0);
    for (std::size_t u = 0; u < units; u += lanes) {
      auto any = hn::Zero(d);
      for (std::size_t s = 0; s < steps; ++s) {
        const auto* at = row + s * shape.bytes() + u * sizeof(Unit);
        any = hn::Or(any, hn::LoadU(d, reinterpret_cast<const Unit*>(at)));
      }
      auto fired = hn::Ne(any, hn::Zero(d));
      if (u + lanes > units) fired = hn::And(fired, hn::FirstN(d, units - u));
      count += hn::CountTrue(d, fired);
    }
  }
  return count;
}

/// Lists the units that are not 0 in at least one of kSteps images.
template <std::size_t kUnit, std::size_t kSteps>
void list_spikes(const LevelsShape& shape, const std::uint8_t* levels, SpikeList& list) {
  const auto units = shape.pixel() / kUnit;
  // Whole vectors are written, so the last one may reach past the last spike.
  const auto most = shape.height * shape.width * units + 64;
  if (list.most < most) list.most = most;
  if (list.keys.size() < list.most) list.keys.resize(list.most);
  const auto listed = kSteps * list.most;
  if (kUnit == 1 && list.values.size() < listed) list.values.resize(listed);
  if (kUnit == 2 && list.pairs.size() < listed) list.pairs.resize(listed);
  if (list.bits.size() < shape.width * units / 64 + 1) {
    list.bits.resize(shape.width * units / 64 + 1);
  }
  const auto columns = shape.columns() + 1;
  if (list.starts.size() < shape.rows() * columns) list.starts.resize(shape.rows() * columns);
  std::size_t size = 0;
  for (std::size_t y = 0; y < shape.rows(); ++y) {
    auto* starts = list.starts.data() + y * columns;
    auto at = size;
    std::fill(starts, starts + shape.border, static_cast<std::uint32_t>(at));
    if (y >= shape.border && y < shape.border + shape.height) {
      const auto* from = levels + shape.at(y - shape.border, 0);
      size = list_row<kUnit, kSteps>(from, shape.bytes(), shape.width * units, shape.border * units,
                                     size, list);
      for (std::size_t x = 0; x < shape.width; ++x) {
        starts[shape.border + x] = static_cast<std::uint32_t>(at);
        at += count_bits(list.bits.data(), x * units, units);
      }
    } else {
      std::fill(starts + shape.border, starts + shape.border + shape.width,
                static_cast<std::uint32_t>(at));
    }
    std::fill(starts + shape.border + shape.width, starts + columns,
              static_cast<std::uint32_t>(at));
  }
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
