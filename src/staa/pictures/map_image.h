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
  std::vector<float> values;  ///< height * width, row by row from the top; none: there is no map

  bool empty() const { return values.empty(); }
};

/// The values that the first and the last colour of a map stand for.
struct Range {
  double low = 0;
  double high = 0;
};

/// The least and the greatest value of a map, or 0 and the greatest value with `from_zero`. A map
/// that holds a NaN has NaN in place of these values. Throws Error(kUsage) for a map without
/// values.
Range range_of(const Map& map, bool from_zero);

/// The range in a few characters, "0-0.0031".
std::string describe(const Range& range);

/// A map as an RGB image of one pixel per value, in the colours of colour_of. Values outside the
/// range get its first or its last colour. Throws Error(kUsage) unless the map holds height * width
/// values.
data::Image map_image(const Map& map, const Range& range);

}  // namespace staa::pictures
