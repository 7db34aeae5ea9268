#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/data/image.h"

namespace staa::pictures {

/// Numbers on a grid that are to be shown as colours.
struct Map {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<float> values;  ///< height * width, row by row from the top; empty: no map

  bool empty() const { return values.empty(); }
};

/// The values that the first and the last colour of a map represent.
struct Range {
  double low = 0;
  double high = 0;
};

/// The minimum and maximum of a map, or 0 and the maximum with `from_zero`. If the map contains a
/// NaN, both (or with `from_zero` the maximum) are NaN. Throws Error(kUsage) for a map without
/// values.
Range range_of(const Map& map, bool from_zero);

/// The range as a short text, "0-0.0031".
std::string describe(const Range& range);

/// A map as an RGB image with one pixel per value, in the colours of colour_of. Values outside the
/// range get its first or last colour. Throws Error(kUsage) unless the map has height * width
/// values.
data::Image map_image(const Map& map, const Range& range);

}  // namespace staa::pictures
