#pragma once

#include <torch/types.h>

#include "staa/kernels/neuron/neuron.h"
#include "staa/ops/neuron/arena.h"

namespace staa::ops {

/// The aggregator's rows for all blocks that are on, in one block of memory, the first part of
/// which must start at 0.
template <class T>
struct RowsLayout {
  kernels::AggregatorRows<T> rows;
  std::size_t zeroed = 0;  ///< the size of the first part, in numbers
  std::size_t size = 0;    ///< the size of the whole block
};

/// If `memory` is null, only the sizes are valid.
template <class T>
RowsLayout<T> lay_out_rows(const kernels::NeuronLayer<T>& layer, T* memory) {
  RowsLayout<T> out;
  if (!layer.aggregate) return out;
  const auto& shape = layer.shape;
  auto& rows = out.rows;
  Arena<T> arena(memory);
  const auto vectors = [&](std::size_t size) {
    return arena.allocate(shape.steps * shape.batch * size);
  };
  rows.offset = vectors(shape.channels);
  rows.gate = vectors(shape.channels);
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    rows.context[i] = vectors(shape.channels);
    rows.query[i] = vectors(layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    rows.mean = vectors(shape.channels);
    rows.hidden = vectors(layer.sa_reduced);
  }
  out.zeroed = arena.used();
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) rows.attention[i] = vectors(shape.pixels);
  out.size = arena.used();
  return out;
}

/// New memory for the rows of a layer.
template <class T>
torch::Tensor allocate_rows(const kernels::NeuronLayer<T>& layer, const torch::Device& device) {
  const auto layout = lay_out_rows<T>(layer, nullptr);
  return allocate_numbers<T>(layout.size, layout.zeroed, device);
}

}  // namespace staa::ops
