#include "staa/runtime/plan.h"

#include <algorithm>

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

/// Spikes lie with the widest border that a convolution of theirs asks for.
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

void Plan::add_convolution(const format::ModelFile& file, const format::Node& node) {
  Convolution conv;
  conv.of_image = format::reads_image(model_, node);
  conv.int8 = node.int8;
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
  if (conv.int8) {
    conv.scale = copy(file.floats(node.name + ".scale"), node.out);
    conv.weights = Block(kernels::sparse_weights_size(conv.shape, std::int8_t{}));
    kernels::order_sparse_weights(conv.shape, file.bytes(node.name + ".weight"),
                                  reinterpret_cast<std::int8_t*>(conv.weights.data()));
  } else {
    if (level != 1) conv.scale.assign(conv.shape.out, 1.0F);
    conv.weights = Block(kernels::sparse_weights_size(conv.shape, 0.0F) * sizeof(float));
    kernels::order_sparse_weights(conv.shape, file.floats(node.name + ".weight"),
                                  reinterpret_cast<float*>(conv.weights.data()));
  }
  for (auto& scale : conv.scale) scale *= level;
  convolutions_.push_back(std::move(conv));
}

}  // namespace staa::runtime
