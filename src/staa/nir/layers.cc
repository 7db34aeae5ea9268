#include "staa/nir/layers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "staa/nir/neurons.h"
#include "staa/nir/node_reader.h"

namespace staa::nir {
namespace {

using format::Axes;
using format::Layer;
using format::LayerKind;
using Shape = std::vector<std::int64_t>;
using Tensors = std::map<std::string, std::vector<float>>;

const std::map<std::string, LayerKind>& kinds() {
  static const std::map<std::string, LayerKind> table{{"Affine", LayerKind::kLinear},
                                                      {"Linear", LayerKind::kLinear},
                                                      {"Conv1d", LayerKind::kConvolution},
                                                      {"Conv2d", LayerKind::kConvolution},
                                                      {"Scale", LayerKind::kScale},
                                                      {"SumPool2d", LayerKind::kPool},
                                                      {"AvgPool2d", LayerKind::kPool},
                                                      {"Flatten", LayerKind::kFlatten},
                                                      {"Threshold", LayerKind::kThreshold},
                                                      {"Delay", LayerKind::kDelay},
                                                      {"I", LayerKind::kNeuron},
                                                      {"IF", LayerKind::kNeuron},
                                                      {"LI", LayerKind::kNeuron},
                                                      {"LIF", LayerKind::kNeuron},
                                                      {"CubaLI", LayerKind::kNeuron},
                                                      {"CubaLIF", LayerKind::kNeuron},
                                                      {"Output", LayerKind::kSum},
                                                      {kPass, LayerKind::kSum}};
  return table;
}

/// Numbers for one or two axes. A single number is for the columns; the rows get `otherwise`.
Axes axes(const std::vector<std::int64_t>& numbers, std::int64_t otherwise) {
  if (numbers.size() == 1) return {otherwise, numbers[0]};
  return {numbers[0], numbers[1]};
}

/// Reads the padding: numbers, "valid" or "same". If the total of "same" is odd, the larger part
/// comes after the input, as in PyTorch.
void pad(const Node& node, std::size_t count, format::Sweep& sweep) {
  const auto text = node.texts.find("padding");
  if (text == node.texts.end()) {
    sweep.before = sweep.after = axes(wholes(node, "padding", count, 0), 0);
    return;
  }
  sweep.before = sweep.after = {0, 0};
  if (text->second == "valid") return;
  if (text->second != "same") {
    complain("dataset 'padding': expected numbers, \"same\" or \"valid\", found \"{}\"",
             text->second);
  }
  if (sweep.stride.rows != 1 || sweep.stride.columns != 1) {
    complain("padding \"same\" needs a stride of 1, found {}x{}", sweep.stride.rows,
             sweep.stride.columns);
  }
  const Axes total{sweep.dilation.rows * (sweep.kernel.rows - 1),
                   sweep.dilation.columns * (sweep.kernel.columns - 1)};
  sweep.before = {total.rows / 2, total.columns / 2};
  sweep.after = {total.rows - sweep.before.rows, total.columns - sweep.before.columns};
}

void check_rank(const Shape& input, std::size_t rank) {
  if (input.size() == rank) return;
  complain("expected an input of {} dimensions, found {}", rank, format::describe_shape(input));
}

void convolution(const Node& node, const Shape& input, Layer& layer) {
  const std::size_t count = node.type == "Conv1d" ? 1 : 2;
  check_rank(input, count + 1);
  const auto& weight = array(node, "weight");
  if (weight.shape.size() != count + 2 || weight.values.empty()) {
    complain("dataset 'weight': expected {} dimensions, found {}", count + 2,
             format::describe_shape(weight.shape));
  }
  layer.sweep.kernel = axes({weight.shape.begin() + 2, weight.shape.end()}, 1);
  layer.sweep.stride = axes(wholes(node, "stride", count, 1), 1);
  layer.sweep.dilation = axes(wholes(node, "dilation", count, 1), 1);
  pad(node, count, layer.sweep);
  layer.groups = whole(node, "groups", 1, weight.shape[0]);
  if (weight.shape[1] * layer.groups != input[0]) {
    complain("dataset 'weight': {} groups of {} channels, its input has {}", layer.groups,
             weight.shape[1], input[0]);
  }
  layer.shape = {weight.shape[0]};
  if (find_array(node, "input_shape") == nullptr) return;
  const auto stated = wholes(node, "input_shape", count, 1);
  if (!std::equal(stated.begin(), stated.end(), input.begin() + 1)) {
    complain("dataset 'input_shape': {}, its input has the shape {}",
             format::describe_shape(stated), format::describe_shape(input));
  }
}

void linear(const Node& node, const Shape& input, Layer& layer) {
  const auto& weight = array(node, "weight");
  if (weight.shape.size() != 2 || weight.values.empty()) {
    complain("dataset 'weight': expected the shape [outputs, inputs], found {}",
             format::describe_shape(weight.shape));
  }
  if (input.size() != 1 || weight.shape[1] != input[0]) {
    complain("dataset 'weight': its shape {} takes [{}], its input is {}{}",
             format::describe_shape(weight.shape), weight.shape[1], format::describe_shape(input),
             input.size() > 1 ? ": a Flatten before it is missing" : "");
  }
  layer.shape = {weight.shape[0]};
}

void pool(const Node& node, const Shape& input, Layer& layer) {
  check_rank(input, 3);
  layer.sweep.kernel = axes(wholes(node, "kernel_size", 2, 1), 1);
  layer.sweep.stride = axes(wholes(node, "stride", 2, 1), 1);
  pad(node, 2, layer.sweep);
  const auto& kernel = layer.sweep.kernel;
  if (node.type == "AvgPool2d") {
    layer.factor = 1 / static_cast<double>(kernel.rows * kernel.columns);
  }
}

void flatten(const Node& node, const Shape& input, Layer& layer) {
  const auto rank = static_cast<std::int64_t>(input.size());
  const auto dimension = [&](const char* key) {
    const auto value = wholes(node, key, 1, -rank)[0];
    return value < 0 ? value + rank : value;
  };
  layer.first = dimension("start_dim");
  layer.last = dimension("end_dim");
  if (layer.first > layer.last || layer.last >= rank) {
    complain("start_dim and end_dim: cannot join the dimensions {} to {} of {}", layer.first,
             layer.last, format::describe_shape(input));
  }
  if (find_array(node, "input_type") == nullptr) return;
  const auto stated = extents(node, "input_type");
  if (stated != input) {
    complain("dataset 'input_type': {}, its input has the shape {}", format::describe_shape(stated),
             format::describe_shape(input));
  }
}

std::vector<float> floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

/// Transposes a weight from [out, in, kh, kw] to [kh, kw, in, out].
std::vector<float> turned(const Array& weight) {
  const auto out = static_cast<std::size_t>(weight.shape[0]);
  const auto in = static_cast<std::size_t>(weight.shape[1]);
  const auto taps = weight.values.size() / (out * in);
  std::vector<float> values(weight.values.size());
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t k = 0; k < taps; ++k) {
        values[(k * in + i) * out + o] = static_cast<float>(weight.values[(o * in + i) * taps + k]);
      }
    }
  }
  return values;
}

std::vector<float> bias_of(const Node& node, std::int64_t out) {
  if (node.type == "Linear") return std::vector<float>(static_cast<std::size_t>(out));
  const auto& bias = array(node, "bias");
  if (bias.shape != Shape{out}) {
    complain("dataset 'bias': expected the shape [{}], found {}", out,
             format::describe_shape(bias.shape));
  }
  return floats(bias.values);
}

/// Keeps only one value per channel if all pixels have the same values.
void pack(Layer& layer, std::map<std::string, std::vector<double>> constants, Tensors& tensors) {
  const auto channels = static_cast<std::size_t>(layer.shape[0]);
  layer.each = std::any_of(constants.begin(), constants.end(), [&](const auto& item) {
    const auto& values = item.second;
    for (std::size_t i = channels; i < values.size(); ++i) {
      if (values[i] != values[i % channels]) return true;
    }
    return false;
  });
  for (auto& [name, values] : constants) {
    if (!layer.each) values.resize(channels);
    tensors[name] = floats(values);
  }
}

}  // namespace

bool is_known(const std::string& type) { return type == "Input" || kinds().count(type) > 0; }

bool is_neuron(const std::string& type) {
  const auto found = kinds().find(type);
  return found != kinds().end() && found->second == LayerKind::kNeuron;
}

std::vector<double> delay_steps(const Node& node, double dt) {
  constexpr double kMost = 1 << 20;
  auto steps = array(node, "delay").values;
  for (auto& value : steps) {
    const double rounded = std::round(value / dt);
    if (!(rounded >= 0 && rounded <= kMost)) {
      complain("dataset 'delay': expected 0 s to {} steps of {} s, found {} s", kMost, dt, value);
    }
    value = rounded;
  }
  return steps;
}

Layer layer_of(const Node& node, const Shape& input, const Timing& timing,
               const std::string& source) {
  Layer layer;
  layer.name = node.name;
  layer.kind = kinds().at(node.type);
  switch (layer.kind) {
    case LayerKind::kConvolution:
      convolution(node, input, layer);
      break;
    case LayerKind::kLinear:
      linear(node, input, layer);
      break;
    case LayerKind::kPool:
      pool(node, input, layer);
      break;
    case LayerKind::kFlatten:
      flatten(node, input, layer);
      break;
    case LayerKind::kNeuron:
      layer.dynamics.synapse = node.type == "CubaLI" || node.type == "CubaLIF";
      layer.dynamics.spikes = node.type.find("IF") != std::string::npos;
      layer.dynamics.subtract = layer.dynamics.spikes && timing.subtract;
      break;
    case LayerKind::kDelay: {
      const auto steps = delay_steps(node, timing.dt);
      if (steps.empty()) complain("dataset 'delay': expected values, found none");
      layer.longest = static_cast<std::int64_t>(*std::max_element(steps.begin(), steps.end()));
      break;
    }
    case LayerKind::kScale:
    case LayerKind::kThreshold:
    case LayerKind::kSum:
      break;
  }
  layer.shape = format::shape_after(layer, input, source);
  if (node.type == "Output" && find_array(node, "shape") != nullptr) {
    const auto stated = extents(node, "shape");
    if (stated != layer.shape) {
      complain("dataset 'shape': {}, its input has the shape {}", format::describe_shape(stated),
               format::describe_shape(layer.shape));
    }
  }
  return layer;
}

Tensors constants_of(const Node& node, Layer& layer, const Shape& input, const Timing& timing) {
  Tensors tensors;
  switch (layer.kind) {
    case LayerKind::kConvolution:
      tensors["weight"] = turned(array(node, "weight"));
      tensors["bias"] = bias_of(node, layer.shape[0]);
      break;
    case LayerKind::kLinear:
      tensors["weight"] = floats(array(node, "weight").values);
      tensors["bias"] = bias_of(node, layer.shape[0]);
      break;
    case LayerKind::kScale:
      pack(layer, {{"scale", spread(node, "scale", input)}}, tensors);
      break;
    case LayerKind::kThreshold:
      pack(layer, {{"threshold", spread(node, "threshold", input)}}, tensors);
      break;
    case LayerKind::kDelay: {
      auto steps = node;
      steps.arrays["delay"].values = delay_steps(node, timing.dt);
      pack(layer, {{"delay", spread(steps, "delay", input)}}, tensors);
      break;
    }
    case LayerKind::kNeuron:
      pack(layer, neuron_constants(node, input, timing), tensors);
      break;
    case LayerKind::kPool:
    case LayerKind::kFlatten:
    case LayerKind::kSum:
      break;
  }
  return tensors;
}

}  // namespace staa::nir
