#include "staa/data/augment/frame_augment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace staa::data {
namespace {

constexpr double kMaxDegrees = 15;

/// Replaces pixel (x, y) by the old value at source(x, y), which is an index into the map or -1.
template <typename Source>
void remap(PixelMap& map, Source source) {
  std::vector<std::int32_t> from(map.from.size());
  std::size_t i = 0;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x, ++i) {
      const std::int64_t at = source(x, y);
      from[i] = at < 0 ? -1 : map.from[static_cast<std::size_t>(at)];
    }
  }
  map.from = std::move(from);
}

/// The index of (x, y), or -1 if it is outside.
std::int64_t index_of(const PixelMap& map, std::int64_t x, std::int64_t y) {
  const bool inside = x >= 0 && x < map.width && y >= 0 && y < map.height;
  return inside ? y * map.width + x : -1;
}

/// A random integer, uniform in -most to most.
std::int64_t either_way(std::int64_t most, Random& random) {
  return random.below(2 * most + 1) - most;
}

void draw_geometric(PixelMap& map, Random& random) {
  const auto edge = std::min(map.height, map.width);
  switch (random.below(4)) {
    case 0: {
      const auto most = std::max<std::int64_t>(1, (edge * 5 + 24) / 48);
      const auto right = either_way(most, random);
      return roll(map, right, either_way(most, random));
    }
    case 1:
      return rotate(map, random.uniform(-kMaxDegrees, kMaxDegrees));
    case 2:
      return shear(map, random.uniform(-kMaxDegrees, kMaxDegrees));
    default: {
      const auto side = 1 + random.below(std::max<std::int64_t>(1, edge / 6));
      const auto x = random.below(map.width);
      return cut_out(map, x, random.below(map.height), side);
    }
  }
}

}  // namespace

PixelMap::PixelMap(std::int64_t height_, std::int64_t width_)
    : height(height_), width(width_), from(static_cast<std::size_t>(height_ * width_)) {
  std::iota(from.begin(), from.end(), 0);
}

void flip(PixelMap& map) {
  remap(map, [&](std::int64_t x, std::int64_t y) { return y * map.width + map.width - 1 - x; });
}

void roll(PixelMap& map, std::int64_t right, std::int64_t down) {
  const auto wrap = [](std::int64_t at, std::int64_t length) {
    return (at % length + length) % length;
  };
  remap(map, [&](std::int64_t x, std::int64_t y) {
    return wrap(y - down, map.height) * map.width + wrap(x - right, map.width);
  });
}

void shift(PixelMap& map, std::int64_t right, std::int64_t down) {
  remap(map, [&](std::int64_t x, std::int64_t y) { return index_of(map, x - right, y - down); });
}

void rotate(PixelMap& map, double degrees) {
  const double angle = degrees * 3.141592653589793 / 180;
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const double cx = static_cast<double>(map.width - 1) / 2;
  const double cy = static_cast<double>(map.height - 1) / 2;
  remap(map, [&](std::int64_t x, std::int64_t y) {
    const double dx = static_cast<double>(x) - cx;
    const double dy = static_cast<double>(y) - cy;
    return index_of(map, std::llround(cx + cosine * dx - sine * dy),
                    std::llround(cy + sine * dx + cosine * dy));
  });
}

void shear(PixelMap& map, double degrees) {
  const double slope = std::tan(degrees * 3.141592653589793 / 180);
  const double cy = static_cast<double>(map.height - 1) / 2;
  remap(map, [&](std::int64_t x, std::int64_t y) {
    return index_of(map, x - std::llround(slope * (static_cast<double>(y) - cy)), y);
  });
}

void cut_out(PixelMap& map, std::int64_t x, std::int64_t y, std::int64_t edge) {
  const auto left = x - edge / 2;
  const auto top = y - edge / 2;
  remap(map, [&](std::int64_t px, std::int64_t py) {
    const bool cut = px >= left && px < left + edge && py >= top && py < top + edge;
    return cut ? -1 : py * map.width + px;
  });
}

PixelMap draw_map(std::int64_t height, std::int64_t width, const FrameAugmentOptions& options,
                  Random& random) {
  PixelMap map(height, width);
  if (options.crop_padding > 0) {
    const auto right = either_way(options.crop_padding, random);
    shift(map, right, either_way(options.crop_padding, random));
  }
  if (options.flip && random.chance(0.5)) flip(map);
  if (options.geometric) draw_geometric(map, random);
  if (options.cutout > 0) {
    const auto x = random.below(width);
    cut_out(map, x, random.below(height), options.cutout);
  }
  return map;
}

}  // namespace staa::data
