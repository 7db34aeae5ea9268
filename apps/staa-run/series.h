#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::app {

/// An input for each time step, [steps, height, width, channels].
struct Series {
  std::size_t steps = 0;
  std::vector<float> values;
};

/// Reads a NumPy array of floats or integers of shape [steps, channels, height, width], or [steps,
/// channels] for a model whose input is one pixel. Throws Error(kInput) naming the file if the
/// array has another shape or type, is in Fortran order, or is truncated.
Series read_series(const std::filesystem::path& path, const runtime::Shape& shape);

}  // namespace staa::app
