#include "staa/nir/from_model.h"

#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "staa/format/bf16.h"
#include "staa/nir/import.h"
#include "staa/util/error.h"

namespace staa::nir {
namespace {

using format::Extent;
using format::kImage;
using format::NodeKind;

constexpr const char* kInput = "input";
constexpr const char* kOutput = "output";

Array floats(std::vector<std::int64_t> shape, std::vector<double> values) {
  return {std::move(shape), std::move(values), NumberType::kFloat};
}
Array wholes(const std::vector<std::int64_t>& values) {
  return {{static_cast<std::int64_t>(values.size())},
          {values.begin(), values.end()},
          NumberType::kWhole};
}
Array whole(std::int64_t value) { return {{}, {static_cast<double>(value)}, NumberType::kWhole}; }

/// Why a node has no counterpart in NIR, or "" if it has one.
std::string lacking(const format::Node& node, const format::ModelFile& file) {
  switch (node.kind) {
    case NodeKind::kNeuron: {
      if (node.neuron.aggregate) return "a STAA neuron: its aggregator";
      const float* decay = file.floats(node.name + ".decay");
      for (std::int64_t c = 0; c < node.shape.channels; ++c) {
        if (!(decay[c] >= 0 && decay[c] < 1)) {
          return fmt::format("a decay of {}: LIF has those from 0 to below 1", decay[c]);
        }
      }
      return "";
    }
    case NodeKind::kPool:
      return node.window.maximum ? "a pool of the maximum" : "";
    case NodeKind::kWhitening:
      return "a whitening stem: its ReLU";
    case NodeKind::kCurrent:
      return "a current that is pooled, or that a shortcut passes on";
    case NodeKind::kConvolution:
    case NodeKind::kHead:
      return "";
  }
  return "";
}

class Converter {
 public:
  explicit Converter(const format::ModelFile& file) : file_(file), model_(file.model()) {}

  Node run() {
    graph_.type = kGraphType;
    auto& input = add(kInput, "Input");
    input.arrays["shape"] =
        wholes({model_.input.channels, model_.input.height, model_.input.width});
    for (const auto& node : model_.nodes) {
      switch (node.kind) {
        case NodeKind::kConvolution:
          convolution(node);
          break;
        case NodeKind::kNeuron:
          neurons(node);
          break;
        case NodeKind::kPool:
          if (cut(node)) {
            cut_pool(node);
            continue;
          }
          pool(node.name, {node.window.kernel, node.window.kernel},
               {node.window.stride, node.window.stride}, node.window.padding);
          break;
        case NodeKind::kHead:
          head(node);
          continue;
        case NodeKind::kWhitening:
        case NodeKind::kCurrent:
          continue;
      }
      for (const auto from : node.inputs) connect(from, node.name);
    }
    metadata();
    return std::move(graph_);
  }

 private:
  Node& add(const std::string& name, const std::string& type) {
    Node node;
    node.name = name;
    node.type = type;
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.back();
  }

  std::string name_of(std::size_t node) const {
    return node == kImage ? kInput : model_.nodes[node].name;
  }

  void connect(std::size_t from, const std::string& to) {
    graph_.edges.push_back({name_of(from), to});
  }

  /// Transposes the weight from [k, k, in, out] to [out, in, k, k], and applies the scales of
  /// integer weights.
  void convolution(const format::Node& node) {
    const auto& from = format::input_shape(model_, node);
    const auto k = node.window.kernel;
    std::vector<double> weight;
    for (std::int64_t o = 0; o < node.out; ++o) {
      for (std::int64_t i = 0; i < from.channels; ++i) {
        for (std::int64_t tap = 0; tap < k * k; ++tap) {
          weight.push_back(weight_at(node, (tap * from.channels + i) * node.out + o, o));
        }
      }
    }
    const float* bias = file_.floats(node.name + ".bias");
    auto& to = add(node.name, "Conv2d");
    to.arrays["weight"] = floats({node.out, from.channels, k, k}, std::move(weight));
    to.arrays["bias"] = floats({node.out}, {bias, bias + node.out});
    to.arrays["input_shape"] = wholes({from.height, from.width});
    to.arrays["stride"] = wholes({node.window.stride, node.window.stride});
    to.arrays["padding"] = wholes({node.window.padding, node.window.padding});
    to.arrays["dilation"] = wholes({1, 1});
    to.arrays["groups"] = whole(1);
  }

  double weight_at(const format::Node& node, std::int64_t at, std::int64_t out) const {
    const auto name = node.name + ".weight";
    const auto scale = [&] { return static_cast<double>(file_.floats(node.name + ".scale")[out]); };
    switch (node.weights) {
      case format::Weights::kFp32:
        return file_.floats(name)[at];
      case format::Weights::kBf16:
        return format::from_bf16(file_.bf16s(name)[at]);
      case format::Weights::kInt16:
        return scale() * file_.int16s(name)[at];
      case format::Weights::kInt8:
        return scale() * file_.bytes(name)[at];
    }
    fail(ErrorKind::kRuntime, "{}: unknown type of weights", node.name);
  }

  /// Writes V = decay * H + gain * X + offset as forward Euler of tau V' = (v_leak - V) + r X.
  void neurons(const format::Node& node) {
    const auto& shape = node.shape;
    const float* decay = file_.floats(node.name + ".decay");
    const float* gain = file_.floats(node.name + ".gain");
    const float* offset = file_.floats(node.name + ".offset");
    const auto threshold = std::nextafter(static_cast<float>(node.neuron.threshold),
                                          -std::numeric_limits<float>::infinity());
    auto& to = add(node.name, "LIF");
    const std::vector<std::int64_t> extents{shape.channels, shape.height, shape.width};
    const auto put = [&](const char* key, NumberType type, const auto& value_of) {
      std::vector<double> values;
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        values.insert(values.end(), static_cast<std::size_t>(shape.pixels()), value_of(c));
      }
      to.arrays[key] = {extents, std::move(values), type};
    };
    const auto share = [&](std::int64_t c) { return 1 - static_cast<double>(decay[c]); };
    put("tau", NumberType::kDouble, [&](std::int64_t c) { return kUsualDt / share(c); });
    put("r", NumberType::kDouble, [&](std::int64_t c) { return gain[c] / share(c); });
    put("v_leak", NumberType::kDouble, [&](std::int64_t c) { return offset[c] / share(c); });
    put("v_threshold", NumberType::kFloat, [&](std::int64_t) { return threshold; });
    put("v_reset", NumberType::kFloat,
        [&](std::int64_t) { return static_cast<float>(node.neuron.reset); });
  }

  void pool(const std::string& name, const std::vector<std::int64_t>& kernel,
            const std::vector<std::int64_t>& stride, std::int64_t padding) {
    auto& to = add(name, "AvgPool2d");
    to.arrays["kernel_size"] = wholes(kernel);
    to.arrays["stride"] = wholes(stride);
    to.arrays["padding"] = wholes({padding, padding});
  }

  /// Whether the border cuts off 2x2 windows, which then average the pixels that they contain.
  bool cut(const format::Node& node) const {
    const auto& input = format::input_shape(model_, node);
    return node.window.padding == 0 && (input.height % 2 != 0 || input.width % 2 != 0);
  }

  /// Replaces such a pool, since pools of NIR pad all sides equally. A convolution of each channel
  /// takes the sums, with a 3x3 kernel whose first row and column are 0. A Scale then corrects the
  /// windows at the border.
  void cut_pool(const format::Node& node) {
    const auto& input = format::input_shape(model_, node);
    const auto& shape = node.shape;
    const auto windows = node.name + ".windows";
    auto& conv = add(windows, "Conv2d");
    std::vector<double> weight;
    for (std::int64_t i = 0; i < 9 * shape.channels; ++i) {
      weight.push_back(i % 3 > 0 && i / 3 % 3 > 0 ? 0.25 : 0);
    }
    conv.arrays["weight"] = floats({shape.channels, 1, 3, 3}, std::move(weight));
    conv.arrays["bias"] =
        floats({shape.channels}, std::vector<double>(static_cast<std::size_t>(shape.channels)));
    conv.arrays["input_shape"] = wholes({input.height, input.width});
    conv.arrays["stride"] = wholes({2, 2});
    conv.arrays["padding"] = wholes({1, 1});
    conv.arrays["dilation"] = wholes({1, 1});
    conv.arrays["groups"] = whole(shape.channels);
    std::vector<double> factors;
    for (std::int64_t i = 0; i < shape.values(); ++i) {
      const auto row = i / shape.width % shape.height;
      const auto column = i % shape.width;
      const double below = 2 * row + 1 == input.height ? 2 : 1;
      factors.push_back(2 * column + 1 == input.width ? 2 * below : below);
    }
    add(node.name, "Scale").arrays["scale"] =
        floats({shape.channels, shape.height, shape.width}, std::move(factors));
    connect(node.inputs[0], windows);
    graph_.edges.push_back({windows, node.name});
  }

  /// The mean over all pixels, followed by the linear layer.
  void head(const format::Node& node) {
    const auto& from = format::input_shape(model_, node);
    const auto mean = node.name + ".mean";
    const auto flat = node.name + ".flatten";
    pool(mean, {from.height, from.width}, {from.height, from.width}, 0);
    auto& flatten = add(flat, "Flatten");
    flatten.arrays["input_type"] = wholes({from.channels, 1, 1});
    flatten.arrays["start_dim"] = whole(0);
    flatten.arrays["end_dim"] = whole(-1);
    const auto classes = node.shape.channels;
    const float* weight = file_.floats(node.name + ".weight");
    const float* bias = file_.floats(node.name + ".bias");
    auto& affine = add(node.name, "Affine");
    affine.arrays["weight"] =
        floats({classes, from.channels}, {weight, weight + classes * from.channels});
    affine.arrays["bias"] = floats({classes}, {bias, bias + classes});
    add(kOutput, "Output").arrays["shape"] = wholes({classes});
    connect(node.inputs[0], mean);
    graph_.edges.push_back({mean, flat});
    graph_.edges.push_back({flat, node.name});
    graph_.edges.push_back({node.name, kOutput});
  }

  void metadata() {
    graph_.metadata["dt"] = {{}, {kUsualDt}, NumberType::kDouble};
    graph_.metadata["steps"] = whole(model_.steps);
    const auto channels = model_.input.channels;
    graph_.metadata["mean"] = floats({channels}, {model_.mean.begin(), model_.mean.end()});
    graph_.metadata["stddev"] = floats({channels}, {model_.stddev.begin(), model_.stddev.end()});
    graph_.notes["classes"] = nlohmann::json(model_.classes).dump();
    graph_.notes["network"] = model_.network;
    graph_.notes["producer"] = "staa";
  }

  const format::ModelFile& file_;
  const format::ModelDescription& model_;
  Node graph_;
};

}  // namespace

Node from_model(const format::ModelFile& file, const std::string& source) {
  std::vector<std::string> problems;
  for (const auto& node : file.model().nodes) {
    const auto why = lacking(node, file);
    if (!why.empty()) problems.push_back(fmt::format("'{}' ({})", node.name, why));
  }
  if (!problems.empty()) {
    fail(ErrorKind::kUsage, "{}: {} of its nodes {} no counterpart in NIR: {}", source,
         problems.size(), problems.size() == 1 ? "has" : "have", fmt::join(problems, ", "));
  }
  return Converter(file).run();
}

}  // namespace staa::nir
