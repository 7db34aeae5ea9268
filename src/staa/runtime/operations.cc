#include "staa/runtime/operations.h"

#include <vector>

namespace staa::runtime {
namespace {

/// For each input along one axis, the number of outputs that read it.
std::vector<std::uint32_t> reached(std::size_t inputs, std::size_t outputs,
                                   const kernels::SparseConvolution& shape) {
  std::vector<std::uint32_t> counts(inputs);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t k = 0; k < shape.kernel; ++k) {
      const auto at = o * shape.stride + k;
      if (at >= shape.padding && at - shape.padding < inputs) ++counts[at - shape.padding];
    }
  }
  return counts;
}

}  // namespace

double dense_operations(const kernels::SparseConvolution& shape) {
  return static_cast<double>(shape.out_values()) *
         static_cast<double>(shape.kernel * shape.kernel * shape.input.channels);
}

double spike_operations(const kernels::SparseConvolution& shape, const std::uint8_t* levels) {
  const auto& input = shape.input;
  const auto rows = reached(input.height, shape.out_height(), shape);
  const auto columns = reached(input.width, shape.out_width(), shape);
  std::uint64_t read = 0;
  for (std::size_t y = 0; y < input.height; ++y) {
    for (std::size_t x = 0; x < input.width; ++x) {
      const std::uint8_t* pixel = levels + input.at(y, x);
      std::uint32_t spikes = 0;
      for (std::size_t c = 0; c < input.channels; ++c) spikes += pixel[c];
      read += std::uint64_t{spikes} * rows[y] * columns[x];
    }
  }
  return static_cast<double>(read) * static_cast<double>(shape.out);
}

double whitening_operations(const format::ModelDescription& model, const format::Node& node) {
  constexpr double kTaps = 4;
  return kTaps * static_cast<double>(model.input.channels) *
         static_cast<double>(node.shape.values());
}

double neuron_operations(const format::Node& node) {
  if (!node.neuron.aggregate) return 0;
  const auto channels = static_cast<double>(node.shape.channels);
  const auto pixels = static_cast<double>(node.shape.pixels());
  double macs = 0;
  if (node.neuron.gc_reduced > 0) {
    const auto reduced = static_cast<double>(node.neuron.gc_reduced);
    macs += 2 * (2 * channels * pixels + 2 * channels * reduced);
  }
  return macs + 2 * channels * static_cast<double>(node.neuron.sa_reduced);
}

}  // namespace staa::runtime
