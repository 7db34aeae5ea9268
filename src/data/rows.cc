#include "staa/data/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/data/rows.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace staa::data::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, ChannelMap::kPixels>;

/// As many bytes as there are lanes, as floats.
HWY_INLINE hn::Vec<Floats> load_bytes(Floats d, const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, Floats> bytes;
  const hn::Rebind<std::int32_t, Floats> whole;
  return hn::ConvertTo(d, hn::PromoteTo(whole, hn::LoadU(bytes, from)));
}

void blend_rows(const std::uint8_t* rows, std::size_t stride, const float* weights,
                std::size_t taps, std::size_t count, float* out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto sum = hn::Zero(d);
    for (std::size_t k = 0; k < taps; ++k) {
      sum = hn::MulAdd(hn::Set(d, weights[k]), load_bytes(d, rows + k * stride + i), sum);
    }
    hn::StoreU(sum, d, out + i);
  }
  for (; i < count; ++i) {
    out[i] = 0;
    for (std::size_t k = 0; k < taps; ++k) {
      out[i] += weights[k] * static_cast<float>(rows[k * stride + i]);
    }
  }
}

/// A vector holds a pixel, and whatever follows it. Taps are a constant where they are few.
template <std::size_t kTaps>
void blend_columns_of(const float* HWY_RESTRICT row, const Filter& filter, std::size_t channels,
                      float* HWY_RESTRICT out) {
  const hn::CappedTag<float, kRowPadding> d;
  const std::size_t taps = kTaps == 0 ? filter.taps : kTaps;
  const std::size_t count = filter.first.size();
  const std::size_t* HWY_RESTRICT first = filter.first.data();
  const float* HWY_RESTRICT weights = filter.weights.data();
  for (std::size_t i = 0; i < count; ++i, weights += taps, out += channels) {
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

/// Swaps as many pixels at both ends of a row as a vector holds, mirrored.
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

void map_channels(const std::uint8_t* bytes, std::size_t count, const ChannelMap& map, float* out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t block = map.scales.size();
  const float* scales = map.scales.data();
  const float* shifts = map.shifts.data();
  for (; count >= block; count -= block, bytes += block, out += block) {
    for (std::size_t i = 0; i < block; i += lanes) {
      const auto value =
          hn::MulAdd(load_bytes(d, bytes + i), hn::LoadU(d, scales + i), hn::LoadU(d, shifts + i));
      hn::StoreU(value, d, out + i);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(bytes[i]) * scales[i] + shifts[i];
  }
}

}  // namespace staa::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::data {

HWY_EXPORT(blend_rows);
HWY_EXPORT(blend_columns);
HWY_EXPORT(round_to_bytes);
HWY_EXPORT(mirror_row);
HWY_EXPORT(map_channels);

void blend_rows(const std::uint8_t* rows, std::size_t stride, const float* weights,
                std::size_t taps, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(blend_rows)(rows, stride, weights, taps, count, out);
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
  HWY_DYNAMIC_DISPATCH(map_channels)(bytes, count, map, out);
}

}  // namespace staa::data
#endif
