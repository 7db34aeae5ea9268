#include "staa/data/augment/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/data/augment/rows.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace staa::data::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The number of outputs whose weights Filter::spread_weights() groups.
constexpr std::size_t kGroup = Filter::kGroup;

using Floats = hn::CappedTag<float, ChannelMap::kPixels>;

/// Loads one byte per lane and converts them to floats.
HWY_INLINE hn::Vec<Floats> load_bytes(Floats d, const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, Floats> bytes;
  const hn::Rebind<std::int32_t, Floats> whole;
  return hn::ConvertTo(d, hn::PromoteTo(whole, hn::LoadU(bytes, from)));
}

/// `kTaps` is the number of taps if it is small, and 0 otherwise.
template <std::size_t kTaps>
void blend_rows_of(const std::uint8_t* const* rows, const float* weights, std::size_t taps,
                   std::size_t count, float* HWY_RESTRICT out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  if (kTaps != 0) taps = kTaps;
  for (std::size_t i = 0; i < count; i += kRowBlock) {
    for (std::size_t part = i; part < i + kRowBlock; part += lanes) {
      auto sum = hn::Zero(d);
      for (std::size_t k = 0; k < taps; ++k) {
        sum = hn::MulAdd(hn::Set(d, weights[k]), load_bytes(d, rows[k] + part), sum);
      }
      hn::StoreU(sum, d, out + part);
    }
  }
}

void blend_rows(const std::uint8_t* const* rows, const float* weights, std::size_t taps,
                std::size_t count, float* out) {
  switch (taps) {
    case 2:
      return blend_rows_of<2>(rows, weights, taps, count, out);
    case 3:
      return blend_rows_of<3>(rows, weights, taps, count, out);
    case 4:
      return blend_rows_of<4>(rows, weights, taps, count, out);
    default:
      return blend_rows_of<0>(rows, weights, taps, count, out);
  }
}

/// Computes one output at a time. A vector holds one pixel and the values after it. `kTaps` is the
/// number of taps if it is small, and 0 otherwise.
template <std::size_t kTaps>
void blend_pixels(const float* HWY_RESTRICT row, const Filter& filter, std::size_t begin,
                  std::size_t channels, float* HWY_RESTRICT out) {
  const hn::CappedTag<float, kRowPadding> d;
  const std::size_t taps = kTaps == 0 ? filter.taps : kTaps;
  const std::size_t* HWY_RESTRICT first = filter.first.data();
  const float* HWY_RESTRICT weights = filter.weights.data() + begin * taps;
  out += begin * channels;
  for (std::size_t i = begin; i < filter.first.size(); ++i, weights += taps, out += channels) {
    for (std::size_t lane = 0; lane < kRowPadding; lane += hn::Lanes(d)) {
      const float* from = row + first[i] * channels + lane;
      auto sum = hn::Zero(d);
      for (std::size_t k = 0; k < taps; ++k) {
        sum = hn::MulAdd(hn::Set(d, weights[k]), hn::LoadU(d, from + k * channels), sum);
      }
      hn::StoreU(sum, d, out + lane);
    }
  }
}

#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE
template <std::size_t kTaps>
std::size_t blend_groups(const float* row, const Filter& filter, float* out) {
  return 0;
}
#else
/// A vector of the pixels at the indices in `first`, each with the values after it.
template <std::size_t kLanes>
HWY_INLINE auto load_pixels(const float* row, const std::size_t* first) {
  if constexpr (kLanes == kRowPadding) {
    return hn::LoadU(hn::FixedTag<float, kLanes>(), row + 3 * first[0]);
  } else {
    const auto lower = load_pixels<kLanes / 2>(row, first);
    const auto upper = load_pixels<kLanes / 2>(row, first + kLanes / 2 / kRowPadding);
    return hn::Combine(hn::FixedTag<float, kLanes>(), upper, lower);
  }
}

/// Computes kGroup outputs of three channels at a time. Returns the number of outputs done.
template <std::size_t kTaps>
std::size_t blend_groups(const float* HWY_RESTRICT row, const Filter& filter,
                         float* HWY_RESTRICT out) {
  const hn::CappedTag<float, kGroup * kRowPadding> d;
  constexpr std::size_t kLanes = hn::MaxLanes(decltype(d)());
  constexpr std::size_t kPixels = kLanes / kRowPadding;
  const std::size_t taps = kTaps == 0 ? filter.taps : kTaps;
  // Drops the values after each pixel.
  alignas(64) std::int32_t places[kLanes] = {};
  for (std::size_t i = 0; i < 3 * kPixels; ++i) {
    places[i] = static_cast<std::int32_t>(kRowPadding * (i / 3) + i % 3);
  }
  const auto dense = hn::SetTableIndices(d, places);
  const std::size_t* HWY_RESTRICT first = filter.first.data();
  const float* HWY_RESTRICT weights = filter.spread.data();
  const std::size_t groups = filter.spread.size() / (taps * kGroup * kRowPadding);
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t i = 0; i < kGroup; i += kPixels, first += kPixels, out += 3 * kPixels) {
      auto sum = hn::Zero(d);
      for (std::size_t k = 0; k < taps; ++k) {
        const auto weight = hn::LoadU(d, weights + (k * kGroup + i) * kRowPadding);
        sum = hn::MulAdd(weight, load_pixels<kLanes>(row + 3 * k, first), sum);
      }
      hn::StoreU(hn::TableLookupLanes(sum, dense), d, out);
    }
    weights += taps * kGroup * kRowPadding;
  }
  return groups * kGroup;
}
#endif

template <std::size_t kTaps>
void blend_columns_of(const float* row, const Filter& filter, std::size_t channels, float* out) {
  const std::size_t done = channels == 3 ? blend_groups<kTaps>(row, filter, out) : 0;
  blend_pixels<kTaps>(row, filter, done, channels, out);
}

void blend_columns(const float* row, const Filter& filter, std::size_t channels, float* out) {
  switch (filter.taps) {
    case 2:
      return blend_columns_of<2>(row, filter, channels, out);
    case 3:
      return blend_columns_of<3>(row, filter, channels, out);
    case 4:
      return blend_columns_of<4>(row, filter, channels, out);
    default:
      return blend_columns_of<0>(row, filter, channels, out);
  }
}

void round_to_bytes(const float* values, std::size_t count, std::uint8_t* out) {
  const Floats d;
  const hn::Rebind<std::uint8_t, Floats> bytes;
  const hn::Rebind<std::int32_t, Floats> whole;
  const auto half = hn::Set(d, 0.5F);
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto value = hn::ConvertTo(whole, hn::Add(hn::LoadU(d, values + i), half));
    hn::StoreU(hn::DemoteTo(bytes, value), bytes, out + i);
  }
  for (; i < count; ++i) {
    out[i] = static_cast<std::uint8_t>(std::clamp(values[i] + 0.5F, 0.0F, 255.0F));
  }
}

#if HWY_TARGET != HWY_SCALAR
using Bytes = hn::FixedTag<std::uint8_t, 16>;

HWY_INLINE hn::Vec<Bytes> reverse(hn::Vec<Bytes> bytes) {
  const Bytes d;
  return hn::TableLookupBytes(bytes, hn::Sub(hn::Set(d, 15), hn::Iota(d, 0)));
}

/// Swaps and mirrors a vector of pixels at each end of a row.
HWY_INLINE void swap_ends(std::uint8_t* left, std::uint8_t* right, std::size_t channels) {
  const Bytes d;
  if (channels == 1) {
    const auto l = reverse(hn::LoadU(d, left));
    const auto r = reverse(hn::LoadU(d, right));
    hn::StoreU(r, d, left);
    hn::StoreU(l, d, right);
    return;
  }
  auto l0 = hn::Undefined(d);
  auto l1 = l0;
  auto l2 = l0;
  auto r0 = l0;
  auto r1 = l0;
  auto r2 = l0;
  hn::LoadInterleaved3(d, left, l0, l1, l2);
  hn::LoadInterleaved3(d, right, r0, r1, r2);
  hn::StoreInterleaved3(reverse(r0), reverse(r1), reverse(r2), d, left);
  hn::StoreInterleaved3(reverse(l0), reverse(l1), reverse(l2), d, right);
}

#endif

void mirror_row(std::uint8_t* row, std::size_t width, std::size_t channels) {
  std::size_t begin = 0;
  std::size_t end = width;
#if HWY_TARGET != HWY_SCALAR
  const std::size_t pixels = hn::Lanes(Bytes());
  for (; end - begin >= 2 * pixels; begin += pixels, end -= pixels) {
    swap_ends(row + begin * channels, row + (end - pixels) * channels, channels);
  }
#endif
  for (; begin + 1 < end; ++begin, --end) {
    std::swap_ranges(row + begin * channels, row + (begin + 1) * channels,
                     row + (end - 1) * channels);
  }
}

HWY_INLINE hn::Vec<Floats> load(Floats d, const std::uint8_t* from) { return load_bytes(d, from); }
HWY_INLINE hn::Vec<Floats> load(Floats d, const float* from) { return hn::LoadU(d, from); }

template <class Value>
void map_values(const Value* values, std::size_t count, const ChannelMap& map,
                float* HWY_RESTRICT out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t block = map.scales.size();
  const float* scales = map.scales.data();
  const float* shifts = map.shifts.data();
  for (; count >= block; count -= block, values += block, out += block) {
    for (std::size_t i = 0; i < block; i += lanes) {
      const auto value =
          hn::MulAdd(load(d, values + i), hn::LoadU(d, scales + i), hn::LoadU(d, shifts + i));
      hn::StoreU(value, d, out + i);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(values[i]) * scales[i] + shifts[i];
  }
}

void map_bytes(const std::uint8_t* bytes, std::size_t count, const ChannelMap& map, float* out) {
  map_values(bytes, count, map, out);
}

void map_floats(const float* values, std::size_t count, const ChannelMap& map, float* out) {
  map_values(values, count, map, out);
}

}  // namespace staa::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::data {

void Filter::spread_weights() {
  spread.clear();
  for (std::size_t begin = 0; begin + kGroup <= first.size(); begin += kGroup) {
    for (std::size_t k = 0; k < taps; ++k) {
      for (std::size_t i = begin; i < begin + kGroup; ++i) {
        spread.insert(spread.end(), kRowPadding, weights[i * taps + k]);
      }
    }
  }
}

void Filter::reverse() {
  std::reverse(first.begin(), first.end());
  std::reverse(weights.begin(), weights.end());  // also reverses each output's taps; undone below
  for (auto own = weights.begin(); own != weights.end(); own += static_cast<std::ptrdiff_t>(taps)) {
    std::reverse(own, own + static_cast<std::ptrdiff_t>(taps));
  }
}

HWY_EXPORT(blend_rows);
HWY_EXPORT(blend_columns);
HWY_EXPORT(round_to_bytes);
HWY_EXPORT(mirror_row);
HWY_EXPORT(map_bytes);
HWY_EXPORT(map_floats);

void blend_rows(const std::uint8_t* const* rows, const float* weights, std::size_t taps,
                std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(blend_rows)(rows, weights, taps, count, out);
}

void blend_columns(const float* row, const Filter& filter, std::size_t channels, float* out) {
  HWY_DYNAMIC_DISPATCH(blend_columns)(row, filter, channels, out);
}

void round_to_bytes(const float* values, std::size_t count, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(round_to_bytes)(values, count, out);
}

void mirror_row(std::uint8_t* row, std::size_t width, std::size_t channels) {
  HWY_DYNAMIC_DISPATCH(mirror_row)(row, width, channels);
}

ChannelMap::ChannelMap(const std::vector<float>& scale, const std::vector<float>& shift) {
  for (std::size_t pixel = 0; pixel < kPixels; ++pixel) {
    scales.insert(scales.end(), scale.begin(), scale.end());
    shifts.insert(shifts.end(), shift.begin(), shift.end());
  }
}

void map_channels(const std::uint8_t* bytes, std::size_t count, const ChannelMap& map, float* out) {
  HWY_DYNAMIC_DISPATCH(map_bytes)(bytes, count, map, out);
}

void map_channels(const float* values, std::size_t count, const ChannelMap& map, float* out) {
  HWY_DYNAMIC_DISPATCH(map_floats)(values, count, map, out);
}

}  // namespace staa::data
#endif
