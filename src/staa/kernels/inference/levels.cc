#include "staa/kernels/inference/levels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/inference/levels.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// The pixels of a window along one axis.
struct Span {
  std::size_t begin;
  std::size_t end;
};

Span span_of(std::size_t place, const PoolWindow& window, std::size_t extent) {
  const auto begin = place * window.stride;
  const auto end = std::min(begin + window.kernel, extent + window.padding);
  return {std::max(begin, window.padding) - window.padding, end - window.padding};
}

/// The common case: whole 2x2 windows and whole vectors of channels.
template <class Join>
void pool_quads(const LevelsShape& from, const std::uint8_t* HWY_RESTRICT in, const LevelsShape& to,
                std::uint8_t* HWY_RESTRICT out, const Join& join) {
  const hn::CappedTag<std::uint8_t, 16> d;
  const auto pixel = to.pixel();
  for (std::size_t y = 0; y < to.height; ++y) {
    const std::uint8_t* HWY_RESTRICT top = in + from.at(2 * y, 0);
    const std::uint8_t* HWY_RESTRICT bottom = top + from.row();
    std::uint8_t* HWY_RESTRICT place = out + to.at(y, 0);
    for (std::size_t x = 0; x < to.width; ++x) {
      for (std::size_t c = 0; c < pixel; c += hn::MaxLanes(d)) {
        const auto left = join(hn::LoadU(d, top + c), hn::LoadU(d, bottom + c));
        const auto right = join(hn::LoadU(d, top + pixel + c), hn::LoadU(d, bottom + pixel + c));
        hn::StoreU(join(left, right), d, place + c);
      }
      top += 2 * pixel;
      bottom += 2 * pixel;
      place += pixel;
    }
  }
}

template <class Join>
void pool_by(const PoolWindow& window, const LevelsShape& from, const std::uint8_t* HWY_RESTRICT in,
             const LevelsShape& to, std::uint8_t* HWY_RESTRICT out, const Join& join) {
  constexpr std::size_t kLanes = hn::MaxLanes(hn::CappedTag<std::uint8_t, 16>());
  const bool quads = window.kernel == 2 && window.stride == 2 && window.padding == 0;
  const bool whole_windows = from.height == 2 * to.height && from.width == 2 * to.width;
  if (quads && (whole_windows || window.maximum) && to.pixel() % kLanes == 0) {
    return pool_quads(from, in, to, out, join);
  }
  for (std::size_t y = 0; y < to.height; ++y) {
    const auto rows = span_of(y, window, from.height);
    for (std::size_t x = 0; x < to.width; ++x) {
      const auto columns = span_of(x, window, from.width);
      const auto held = (rows.end - rows.begin) * (columns.end - columns.begin);
      const bool whole = window.padding > 0 || window.maximum || held == 0;
      const auto factor = whole ? 1 : window.kernel * window.kernel / held;
      std::uint8_t* HWY_RESTRICT place = out + to.at(y, x);
      for_channels<std::uint8_t>(to.pixel(), [&](auto d, std::size_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (auto i = rows.begin; i < rows.end; ++i) {
          for (auto j = columns.begin; j < columns.end; ++j) {
            sum = join(sum, hn::LoadU(d, in + from.at(i, j) + c));
          }
        }
        auto scaled = sum;
        for (std::size_t k = 1; k < factor; ++k) scaled = hn::Add(scaled, sum);
        hn::StoreU(scaled, d, place + c);
      });
    }
  }
}

void pool(const PoolWindow& window, const LevelsShape& from, const std::uint8_t* HWY_RESTRICT in,
          const LevelsShape& to, std::uint8_t* HWY_RESTRICT out) {
  if (window.maximum) {
    pool_by(window, from, in, to, out, [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); });
  } else {
    pool_by(window, from, in, to, out, [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); });
  }
}

void to_floats(const std::uint8_t* HWY_RESTRICT levels, std::size_t size,
               float* HWY_RESTRICT values) {
  for (std::size_t i = 0; i < size; ++i) values[i] = levels[i];
}

void to_halves(const std::uint8_t* HWY_RESTRICT levels, std::size_t size,
               std::int16_t* HWY_RESTRICT values) {
  for (std::size_t i = 0; i < size; ++i) values[i] = levels[i];
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(pool);
HWY_EXPORT(to_floats);
HWY_EXPORT(to_halves);

void pool_levels(const PoolWindow& window, const LevelsShape& from, const std::uint8_t* in,
                 const LevelsShape& to, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(pool)(window, from, in, to, out);
}
void levels_to_floats(const std::uint8_t* levels, std::size_t size, float* values) {
  HWY_DYNAMIC_DISPATCH(to_floats)(levels, size, values);
}
void levels_to_halves(const std::uint8_t* levels, std::size_t size, std::int16_t* values) {
  HWY_DYNAMIC_DISPATCH(to_halves)(levels, size, values);
}

}  // namespace staa::kernels
#endif
