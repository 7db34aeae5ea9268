#include "staa/pictures/map_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "staa/pictures/colour_map.h"
#include "staa/util/error.h"

namespace staa::pictures {

Range range_of(const Map& map, bool from_zero) {
  if (map.empty()) fail(ErrorKind::kUsage, "a map without values has no range");
  const auto nan = std::find_if(map.values.begin(), map.values.end(),
                                [](float value) { return std::isnan(value); });
  if (nan != map.values.end()) return {from_zero ? 0 : *nan, *nan};
  const auto [least, greatest] = std::minmax_element(map.values.begin(), map.values.end());
  return {from_zero ? 0 : *least, *greatest};
}

std::string describe(const Range& range) {
  return fmt::format("{:.2g}-{:.2g}", range.low, range.high);
}

data::Image map_image(const Map& map, const Range& range) {
  if (map.values.size() != static_cast<std::size_t>(map.height * map.width)) {
    fail(ErrorKind::kUsage, "a map of {}x{}: expected {} values, found {}", map.height, map.width,
         map.height * map.width, map.values.size());
  }
  data::Image image{{3, map.height, map.width}, {}};
  image.pixels.reserve(static_cast<std::size_t>(image.shape.bytes()));
  const double span = range.high > range.low ? range.high - range.low : 1;
  for (const float value : map.values) {
    const auto colour = colour_of((value - range.low) / span);
    image.pixels.insert(image.pixels.end(), colour.begin(), colour.end());
  }
  return image;
}

}  // namespace staa::pictures
