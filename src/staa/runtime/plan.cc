#include "staa/runtime/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "staa/format/bf16.h"
#include "staa/util/error.h"

namespace staa::runtime {
namespace {

using format::NodeKind;

std::size_t size_of(std::int64_t extent) { return static_cast<std::size_t>(extent); }

kernels::LevelsShape levels_of(const format::Extent& extent) {
  kernels::LevelsShape shape;
  shape.channels = size_of(extent.channels);
  shape.height = size_of(extent.height);
  shape.width = size_of(extent.width);
  return shape;
}

/// Weights [k, k, in, out], reordered for the kernels.
template <class Weight>
Block ordered(const kernels::SparseConvolution& shape, const Weight* weights) {
  Block block(kernels::sparse_weights_size(shape, Weight{}) * sizeof(Weight));
  kernels::order_sparse_weights(shape, weights, reinterpret_cast<Weight*>(block.data()));
  return block;
}

constexpr double kMostSum = std::numeric_limits<std::int32_t>::max();

std::size_t weights_of(const kernels::SparseConvolution& shape) {
  return shape.kernel * shape.kernel * shape.input.channels * shape.out;
}

/// Integer sums must fit into 32 bits for any spikes.
void check_sums(const kernels::SparseConvolution& shape, const std::int16_t* weights,
                std::size_t most_level, const std::string& source, const std::string& name) {
  std::vector<double> sums(shape.out);
  const auto size = weights_of(shape);
  for (std::size_t i = 0; i < size; ++i)
    sums[i % shape.out] += std::abs(static_cast<double>(weights[i]));
  for (std::size_t o = 0; o < shape.out; ++o) {
    if (sums[o] * static_cast<double>(most_level) <= kMostSum) continue;
    fail(ErrorKind::kInput,
         "{}: tensor '{}': the weights of output {} add up to {} at levels up to {}, expected at "
         "most "
         "{}",
         source, name, o, sums[o] * static_cast<double>(most_level), most_level, kMostSum);
  }
}

struct WholeNumbers {
  std::vector<std::int16_t> values;
  std::vector<float> scale;  ///< [out]
};

/// bf16 weights as 16-bit integers with one scale per output. Weights of at least 2^-7 of the
/// largest one are exact; smaller ones lose at most 2^-15 of the largest. The processor then adds
/// products of 16-bit integers without rounding, twice as many at once as in fp32. Its own bf16
/// products are slower than fp32 or missing (docs/performance.md).
WholeNumbers whole_numbers(const kernels::SparseConvolution& shape, const std::uint16_t* weights,
                           std::size_t most_level) {
  constexpr double kMost = std::numeric_limits<std::int16_t>::max();
  const auto size = weights_of(shape);
  std::vector<float> floats(size);
  std::transform(weights, weights + size, floats.begin(), format::from_bf16);
  std::vector<double> largest(shape.out);
  std::vector<double> sums(shape.out);
  for (std::size_t i = 0; i < size; ++i) {
    const double value = std::abs(static_cast<double>(floats[i]));
    largest[i % shape.out] = std::max(largest[i % shape.out], value);
    sums[i % shape.out] += value;
  }
  WholeNumbers whole;
  for (std::size_t o = 0; o < shape.out; ++o) {
    // The scale is a power of two, so that large weights are not rounded again. Sums may use only
    // half of the available range, because rounding the weights can increase them.
    const double least =
        std::max(largest[o] / kMost, 2 * sums[o] * static_cast<double>(most_level) / kMostSum);
    whole.scale.push_back(least > 0 ? static_cast<float>(std::exp2(std::ceil(std::log2(least))))
                                    : 1.0F);
  }
  for (std::size_t i = 0; i < size; ++i) {
    const double value =
        static_cast<double>(floats[i]) / static_cast<double>(whole.scale[i % shape.out]);
    whole.values.push_back(static_cast<std::int16_t>(std::lrint(value)));
  }
  return whole;
}

std::vector<float> copy(const float* values, std::int64_t size) { return {values, values + size}; }

}  // namespace

Plan::Plan(const format::ModelFile& file) : model_(file.model()) {
  list_values();
  place_spikes();
  for (const auto& node : model_.nodes) {
    const auto& input = format::input_shape(model_, node);
    for (const auto& need : format::tensors_of(node, input, model_)) {
      std::size_t bytes = format::dtype_bytes(need.dtype);
      for (const auto extent : need.shape) bytes *= size_of(extent);
      weight_bytes_ += bytes;
    }
    switch (node.kind) {
      case NodeKind::kConvolution:
        slot_.push_back(convolutions_.size());
        add_convolution(file, node);
        break;
      case NodeKind::kNeuron:
        slot_.push_back(neurons_.size());
        neurons_.emplace_back(file, node);
        break;
      case NodeKind::kPool:
        slot_.push_back(0);
        break;
      case NodeKind::kWhitening: {
        slot_.push_back(dense_.size());
        const auto patch = format::tensors_of(node, input, model_)[0].shape;
        dense_.push_back(
            {copy(file.floats(node.name + ".weight"), patch[0] * patch[1] * patch[2] * patch[3]),
             {}});
        break;
      }
      case NodeKind::kCurrent:
        slot_.push_back(dense_.size());
        dense_.push_back({copy(file.floats(node.name + ".scale"), node.shape.channels),
                          copy(file.floats(node.name + ".bias"), node.shape.channels)});
        break;
      case NodeKind::kHead:
        slot_.push_back(0);
        head_.weight =
            copy(file.floats(node.name + ".weight"), node.shape.channels * input.channels);
        head_.bias = copy(file.floats(node.name + ".bias"), node.shape.channels);
        break;
    }
  }
}

void Plan::list_values() {
  values_.resize(model_.mean.size() * kByteValues);
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto c = i / kByteValues;
    const auto byte = static_cast<float>(i % kByteValues);
    values_[i] = (byte / 255.0F - model_.mean[c]) / model_.stddev[c];
  }
}

/// Gives spikes the widest border that any convolution reading them needs.
void Plan::place_spikes() {
  spikes_.resize(model_.nodes.size());
  for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
    const auto& node = model_.nodes[i];
    spikes_[i].shape = levels_of(node.shape);
    if (node.kind == NodeKind::kPool && !node.window.maximum) {
      spikes_[i].value = 1 / static_cast<float>(node.window.kernel * node.window.kernel);
    }
    if (node.kind != NodeKind::kConvolution || format::reads_image(model_, node)) continue;
    auto& border = spikes_[node.inputs[0]].shape.border;
    border = std::max(border, size_of(node.window.padding));
  }
}

/// The largest level that can occur in a convolution's input.
std::size_t Plan::most_level(const format::Node& convolution) const {
  const auto from = convolution.inputs[0];
  if (format::reads_image(model_, convolution)) return 0;
  const auto& node = model_.nodes[from];
  if (node.kind != NodeKind::kPool || node.window.maximum) return 1;
  return size_of(node.window.kernel * node.window.kernel);
}

void Plan::add_convolution(const format::ModelFile& file, const format::Node& node) {
  Convolution conv;
  conv.of_image = format::reads_image(model_, node);
  float level = 1;
  if (conv.of_image) {
    conv.shape.input = levels_of(format::input_shape(model_, node));
    conv.shape.input.border = size_of(node.window.padding);
    conv.shape.input.packed = true;
  } else {
    const auto& spikes = spikes_[node.inputs[0]];
    conv.shape.input = spikes.shape;
    const auto& from = model_.nodes[node.inputs[0]];
    conv.binary = from.kind == NodeKind::kNeuron || from.window.maximum;
    level = spikes.value;
  }
  conv.shape.out = size_of(node.out);
  conv.shape.kernel = size_of(node.window.kernel);
  conv.shape.stride = size_of(node.window.stride);
  conv.shape.padding = size_of(node.window.padding);
  conv.bias = copy(file.floats(node.name + ".bias"), node.out);
  conv.weights_of = node.weights;
  const auto most = most_level(node);
  conv.shape.small = most < 128;
  const auto name = node.name + ".weight";
  switch (node.weights) {
    case format::Weights::kFp32:
      if (level != 1) conv.scale.assign(conv.shape.out, 1.0F);
      conv.weights = ordered(conv.shape, file.floats(name));
      break;
    case format::Weights::kBf16: {
      const auto whole = whole_numbers(conv.shape, file.bf16s(name), most);
      conv.scale = whole.scale;
      conv.weights = ordered(conv.shape, whole.values.data());
      break;
    }
    case format::Weights::kInt16:
      conv.scale = copy(file.floats(node.name + ".scale"), node.out);
      check_sums(conv.shape, file.int16s(name), most, file.source(), name);
      conv.weights = ordered(conv.shape, file.int16s(name));
      break;
    case format::Weights::kInt8:
      conv.scale = copy(file.floats(node.name + ".scale"), node.out);
      conv.weights = ordered(conv.shape, file.bytes(name));
      break;
  }
  for (auto& scale : conv.scale) scale *= level;
  convolutions_.push_back(std::move(conv));
}

}  // namespace staa::runtime
