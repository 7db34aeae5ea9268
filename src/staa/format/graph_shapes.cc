#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "staa/format/graph.h"
#include "staa/util/error.h"

namespace staa::format {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;
constexpr std::int64_t kMaxKernel = 4096;
constexpr std::int64_t kMaxTaps = std::int64_t{1} << 24;  // outputs of an axis times its kernel
constexpr std::int64_t kMaxSteps = std::int64_t{1} << 20;

/// Reports which layer is inconsistent.
class LayerCheck {
 public:
  LayerCheck(const Layer& layer, const std::string& source) : layer_(layer), source_(source) {}

  template <typename... Args>
  void operator()(bool holds, fmt::format_string<Args...> format, Args&&... args) const {
    if (holds) return;
    fail(ErrorKind::kInput, "{}: node '{}': {}", source_, layer_.name,
         fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  const Layer& layer_;
  const std::string& source_;
};

struct Axis {
  const char* name;
  std::int64_t extent;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t before;
  std::int64_t after;
  std::int64_t dilation;
};

std::int64_t swept(const Axis& axis, const LayerCheck& check) {
  check(axis.kernel >= 1 && axis.kernel <= kMaxKernel, "kernel: expected 1 to {}, found {}",
        kMaxKernel, axis.kernel);
  check(axis.stride >= 1 && axis.stride <= kMaxKernel, "stride: expected 1 to {}, found {}",
        kMaxKernel, axis.stride);
  check(axis.dilation >= 1 && axis.dilation <= kMaxKernel, "dilation: expected 1 to {}, found {}",
        kMaxKernel, axis.dilation);
  const auto reach = axis.dilation * (axis.kernel - 1) + 1;
  for (const auto padding : {axis.before, axis.after}) {
    check(padding >= 0 && padding < reach, "padding: expected 0 to {}, found {}", reach - 1,
          padding);
  }
  const auto room = axis.extent + axis.before + axis.after;
  check(room >= reach, "its kernel covers {} {}, its input with padding has {}", reach, axis.name,
        room);
  const auto out = (room - reach) / axis.stride + 1;
  check(out * axis.kernel <= kMaxTaps, "{} outputs of a kernel of {}: expected less", out,
        axis.kernel);
  return out;
}

/// The input's shape, with the extents after the channels replaced.
Shape sweep(const Layer& layer, const Shape& input, const LayerCheck& check) {
  check(input.size() >= 2, "expected an input of channels and extents, found {}",
        describe_shape(input));
  const auto& s = layer.sweep;
  const auto extent = extent_of(input);
  const auto rows = swept({"rows", extent.height, s.kernel.rows, s.stride.rows, s.before.rows,
                           s.after.rows, s.dilation.rows},
                          check);
  const auto columns = swept({"columns", extent.width, s.kernel.columns, s.stride.columns,
                              s.before.columns, s.after.columns, s.dilation.columns},
                             check);
  if (input.size() == 2) return {input[0], columns};
  return {input[0], rows, columns};
}

Shape flattened(const Layer& layer, const Shape& input, const LayerCheck& check) {
  const auto rank = static_cast<std::int64_t>(input.size());
  check(layer.first >= 0 && layer.first <= layer.last && layer.last < rank,
        "flattens dimensions {} to {} of {}", layer.first, layer.last, describe_shape(input));
  Shape shape(input.begin(), input.begin() + layer.first);
  std::int64_t joined = 1;
  for (auto i = layer.first; i <= layer.last; ++i) joined *= input[static_cast<std::size_t>(i)];
  shape.push_back(joined);
  shape.insert(shape.end(), input.begin() + layer.last + 1, input.end());
  return shape;
}

void check_extents(const Shape& shape, const std::string& source, const char* what) {
  bool fits = !shape.empty() && shape.size() <= 3;
  std::int64_t values = 1;
  for (const auto extent : shape) {
    fits = fits && extent >= 1 && extent <= kMaxExtent;
    if (fits) values *= extent;
    fits = fits && values <= kMaxActivations;
  }
  if (fits) return;
  fail(ErrorKind::kInput,
       "{}: {}: expected a shape of 1 to 3 extents of 1 to {}, {} values at most, found {}", source,
       what, kMaxExtent, kMaxActivations, describe_shape(shape));
}

void check_head(const GraphDescription& graph, const std::string& source) {
  check_extents(graph.input, source, "the input");
  const auto channels = static_cast<std::size_t>(graph.input[0]);
  if (graph.mean.size() != channels || graph.stddev.size() != channels) {
    fail(ErrorKind::kInput, "{}: expected {} means and deviations, found {} and {}", source,
         channels, graph.mean.size(), graph.stddev.size());
  }
  if (graph.steps < 1 || graph.steps > kMaxSteps) {
    fail(ErrorKind::kInput, "{}: steps: expected 1 to {}, found {}", source, kMaxSteps,
         graph.steps);
  }
  if (graph.layers.empty()) fail(ErrorKind::kInput, "{}: the graph has no nodes", source);
}

}  // namespace

Extent extent_of(const Shape& shape) {
  if (shape.size() == 1) return {shape[0], 1, 1};
  if (shape.size() == 2) return {shape[0], 1, shape[1]};
  return {shape[0], shape[1], shape[2]};
}

std::string describe_shape(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

const Shape* input_of(const GraphDescription& graph, const Layer& layer) {
  if (layer.inputs.empty() && layer.late.empty()) return nullptr;
  const auto from = layer.inputs.empty() ? layer.late[0] : layer.inputs[0];
  return from == kGraphInput ? &graph.input : &graph.layers[from].shape;
}

Shape shape_after(const Layer& layer, const Shape& input, const std::string& source) {
  const LayerCheck check(layer, source);
  switch (layer.kind) {
    case LayerKind::kConvolution: {
      auto shape = sweep(layer, input, check);
      check(!layer.shape.empty() && layer.shape[0] >= 1 && layer.shape[0] <= kMaxExtent,
            "channels: expected 1 to {}", kMaxExtent);
      shape[0] = layer.shape[0];
      check(layer.groups >= 1 && input[0] % layer.groups == 0 && shape[0] % layer.groups == 0,
            "{} groups do not divide {} channels into {}", layer.groups, input[0], shape[0]);
      return shape;
    }
    case LayerKind::kLinear:
      check(input.size() == 1, "expected an input of one dimension, found {}: flatten it first",
            describe_shape(input));
      check(!layer.shape.empty() && layer.shape[0] >= 1 && layer.shape[0] <= kMaxExtent,
            "outputs: expected 1 to {}", kMaxExtent);
      return {layer.shape[0]};
    case LayerKind::kPool: {
      const auto& dilation = layer.sweep.dilation;
      check(dilation.rows == 1 && dilation.columns == 1, "a pool has no dilation");
      return sweep(layer, input, check);
    }
    case LayerKind::kFlatten:
      return flattened(layer, input, check);
    case LayerKind::kDelay:
      check(layer.longest >= 0 && layer.longest <= kMaxSteps, "steps: expected 0 to {}, found {}",
            kMaxSteps, layer.longest);
      return input;
    case LayerKind::kScale:
    case LayerKind::kNeuron:
    case LayerKind::kThreshold:
    case LayerKind::kSum:
      return input;
  }
  return input;
}

void check_graph(const GraphDescription& graph, const std::string& source) {
  check_head(graph, source);
  std::int64_t activations = extent_of(graph.input).values();
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const auto& layer = graph.layers[i];
    check_extents(layer.shape, source, fmt::format("node '{}'", layer.name).c_str());
    const LayerCheck check(layer, source);
    for (const auto from : layer.inputs) {
      check(from == kGraphInput || from < i, "its input stands behind it");
    }
    for (const auto from : layer.late) {
      check(from < graph.layers.size(), "it reads of the step before what is no node");
    }
    check(!layer.inputs.empty() || !layer.late.empty(), "it has no input");
  }
  for (const auto& layer : graph.layers) {
    const LayerCheck check(layer, source);
    const auto& input = *input_of(graph, layer);
    const auto compare = [&](const Shape& other) {
      check(other == input, "its inputs differ in shape: {} and {}", describe_shape(input),
            describe_shape(other));
    };
    for (const auto from : layer.inputs) {
      compare(from == kGraphInput ? graph.input : graph.layers[from].shape);
    }
    for (const auto from : layer.late) compare(graph.layers[from].shape);
    const auto expected = shape_after(layer, input, source);
    check(layer.shape == expected, "of its input {} becomes {}, the file states {}",
          describe_shape(input), describe_shape(expected), describe_shape(layer.shape));
    const auto values = extent_of(layer.shape).values();
    activations += values;
    if (layer.kind == LayerKind::kDelay) {
      check(layer.longest <= kMaxActivations / values, "remembers {} steps of {} values: too many",
            layer.longest, values);
      activations += values * layer.longest;
    }
    check(activations <= kMaxActivations, "the graph asks for more than {} activations",
          kMaxActivations);
  }
  const auto outputs = extent_of(graph.layers.back().shape).values();
  if (static_cast<std::int64_t>(graph.classes.size()) != outputs) {
    fail(ErrorKind::kInput, "{}: {} classes, the last node gives {} values", source,
         graph.classes.size(), outputs);
  }
}

std::vector<TensorNeed> tensors_of(const GraphDescription& graph, const Layer& layer) {
  std::vector<TensorNeed> needs;
  const auto need = [&](const std::string& part, Shape shape) {
    needs.push_back({layer.name + "." + part, DType::kF32, std::move(shape)});
  };
  const auto out = extent_of(layer.shape);
  const auto constant = [&](const std::string& part) {
    need(part, layer.each ? Shape{out.height, out.width, out.channels} : Shape{out.channels});
  };
  const auto in = extent_of(*input_of(graph, layer));
  switch (layer.kind) {
    case LayerKind::kConvolution:
      need("weight", {layer.sweep.kernel.rows, layer.sweep.kernel.columns,
                      in.channels / layer.groups, out.channels});
      need("bias", {out.channels});
      break;
    case LayerKind::kLinear:
      need("weight", {out.channels, in.channels});
      need("bias", {out.channels});
      break;
    case LayerKind::kScale:
      constant("scale");
      break;
    case LayerKind::kThreshold:
      constant("threshold");
      break;
    case LayerKind::kDelay:
      constant("delay");
      break;
    case LayerKind::kNeuron:
      if (layer.dynamics.synapse) {
        constant("synapse_decay");
        constant("synapse_gain");
      }
      for (const auto* part : {"decay", "gain", "offset"}) constant(part);
      if (layer.dynamics.spikes) constant("threshold");
      if (layer.dynamics.spikes && !layer.dynamics.subtract) constant("reset");
      break;
    case LayerKind::kPool:
    case LayerKind::kFlatten:
    case LayerKind::kSum:
      break;
  }
  return needs;
}

}  // namespace staa::format
