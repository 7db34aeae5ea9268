#pragma once

#include <string>

#include "staa/format/graph.h"
#include "staa/kernels/buffer.h"

namespace staa::runtime {

inline std::size_t size_of(std::int64_t extent) { return static_cast<std::size_t>(extent); }

/// A copy of a layer's tensor.
inline kernels::LineVector<float> tensor(const format::GraphFile& file, const format::Layer& layer,
                                         const std::string& part) {
  const auto name = layer.name + "." + part;
  const float* values = file.floats(name);
  return {values, values + file.size(name)};
}

/// The extents of a layer's input.
inline format::Extent input_extent(const format::GraphFile& file, const format::Layer& layer) {
  return format::extent_of(*format::input_of(file.graph(), layer));
}

/// The index of the constant for value i: its channel if there is one constant per channel, i
/// itself if there is one per value.
inline std::size_t constant_at(std::size_t i, std::size_t constants) { return i % constants; }

}  // namespace staa::runtime
