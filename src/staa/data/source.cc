#include "staa/data/source.h"

#include <fmt/format.h>

namespace staa::data {

std::string describe(const SampleShape& shape) {
  const auto frame = fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
  return shape.steps == 1 ? frame : fmt::format("{} frames of {}", shape.steps, frame);
}

}  // namespace staa::data
