#include <fmt/format.h>

#include <algorithm>

#include "staa/format/model_file.h"
#include "staa/util/error.h"

namespace staa::format {
namespace {

constexpr std::int64_t kMaxNodeExtent = 4096;  // of an image, and of any number of channels
constexpr std::int64_t kMaxNodeKernel = 15;
constexpr std::int64_t kWhiteningPatch = 2;

/// Reports which node is inconsistent.
class NodeCheck {
 public:
  NodeCheck(const ModelDescription& model, const Node& node, const std::string& source)
      : model_(model), node_(node), source_(source) {}

  template <typename... Args>
  void operator()(bool holds, fmt::format_string<Args...> format, Args&&... args) const {
    if (holds) return;
    fail(ErrorKind::kInput, "{}: node '{}': {}", source_, node_.name,
         fmt::format(format, std::forward<Args>(args)...));
  }

  /// The node of an input; null for the image.
  const Node* input(std::size_t i) const {
    return node_.inputs[i] == kImage ? nullptr : &model_.nodes[node_.inputs[i]];
  }

  /// The neuron or pool of an input; no other node gives spikes.
  const Node& spikes(std::size_t i) const {
    const auto* from = input(i);
    (*this)(from != nullptr && (from->kind == NodeKind::kNeuron || from->kind == NodeKind::kPool),
            "expected spikes as its input, found {}",
            from == nullptr ? "the image" : "'" + from->name + "'");
    return *from;
  }

 private:
  const ModelDescription& model_;
  const Node& node_;
  const std::string& source_;
};

std::int64_t windows(std::int64_t extent, const Window& window) {
  return (extent + 2 * window.padding - window.kernel) / window.stride + 1;
}

void check_window(const Window& window, const Extent& input, const NodeCheck& check) {
  check(window.kernel >= 1 && window.kernel <= kMaxNodeKernel, "kernel: expected 1 to {}, found {}",
        kMaxNodeKernel, window.kernel);
  check(window.stride >= 1 && window.stride <= kMaxNodeKernel, "stride: expected 1 to {}, found {}",
        kMaxNodeKernel, window.stride);
  check(window.padding >= 0 && window.padding < window.kernel,
        "padding: expected 0 to {}, found {}", window.kernel - 1, window.padding);
}

void check_fits(const Window& window, const Extent& input, const NodeCheck& check) {
  check(input.height + 2 * window.padding >= window.kernel &&
            input.width + 2 * window.padding >= window.kernel,
        "a kernel of {} does not fit its input of {}x{}", window.kernel, input.height, input.width);
}

void infer_convolution(Node& node, const ModelDescription& model, const NodeCheck& check) {
  check(node.inputs.size() == 1, "expected 1 input, found {}", node.inputs.size());
  const bool of_image = reads_image(model, node);
  if (!of_image) check.spikes(0);
  check(node.weights == Weights::kFp32 || !of_image, "a convolution of the image has fp32 weights");
  const auto& input = input_shape(model, node);
  check_window(node.window, input, check);
  check_fits(node.window, input, check);
  check(node.out >= 1 && node.out <= kMaxNodeExtent, "out: expected 1 to {}, found {}",
        kMaxNodeExtent, node.out);
  node.shape = {node.out, windows(input.height, node.window), windows(input.width, node.window)};
}

void infer_neuron(Node& node, const NodeCheck& check) {
  check(node.inputs.size() == 1 || node.inputs.size() == 2, "expected 1 or 2 inputs, found {}",
        node.inputs.size());
  const auto* current = check.input(0);
  const bool composed = current != nullptr && current->kind == NodeKind::kCurrent;
  check(composed || (current != nullptr && current->kind == NodeKind::kConvolution),
        "expected a convolution or a current as its first input");
  check(!composed || node.inputs.size() == 1, "a current drives neurons alone");
  node.shape = current->shape;
  if (node.inputs.size() == 2) {
    const auto* residual = check.input(1);
    check(residual != nullptr, "the image cannot be its second input");
    if (residual->kind != NodeKind::kConvolution) check.spikes(1);
    check(residual->shape == node.shape, "its inputs differ in shape: {}x{}x{} and {}x{}x{}",
          node.shape.channels, node.shape.height, node.shape.width, residual->shape.channels,
          residual->shape.height, residual->shape.width);
  }
  const auto& settings = node.neuron;
  for (const auto reduced : {settings.gc_reduced, settings.sa_reduced}) {
    check(reduced >= 0 && reduced <= kMaxNodeExtent, "a reduced width: expected 0 to {}, found {}",
          kMaxNodeExtent, reduced);
  }
}

void infer_pool(Node& node, const ModelDescription& model, const NodeCheck& check) {
  check(node.inputs.size() == 1, "expected 1 input, found {}", node.inputs.size());
  check(check.spikes(0).kind == NodeKind::kNeuron, "a pool reads a layer of neurons");
  const auto& input = input_shape(model, node);
  const auto& w = node.window;
  check_window(w, input, check);
  check(w.stride <= w.kernel, "its stride is larger than its kernel");
  if (w.padding > 0) {
    check_fits(w, input, check);
  } else {
    check(w.kernel == 2 && w.stride == 2, "a pool without padding has kernel and stride 2");
  }
  if (w.maximum) {
    check(w.padding == 0, "a pool of the maximum has no padding");
    check(input.height >= 2 && input.width >= 2, "a window of 2 does not fit {}x{}", input.height,
          input.width);
  }
  const auto cut = [&](std::int64_t extent) {
    if (w.maximum) return extent / 2;
    return w.padding > 0 ? windows(extent, w) : (extent + 1) / 2;
  };
  node.shape = {input.channels, cut(input.height), cut(input.width)};
}

void infer_whitening(Node& node, const ModelDescription& model, const NodeCheck& check) {
  check(node.inputs.size() == 1 && node.inputs[0] == kImage, "expected the image as its input");
  check(node.out >= 1 && node.out <= kMaxNodeExtent, "out: expected 1 to {}, found {}",
        kMaxNodeExtent, node.out);
  const auto& image = model.input;
  check(image.height >= kWhiteningPatch && image.width >= kWhiteningPatch,
        "patches of {} do not fit the image of {}x{}", kWhiteningPatch, image.height, image.width);
  node.shape = {node.out, image.height - 1, image.width - 1};
}

void infer_current(Node& node, const NodeCheck& check) {
  check(node.inputs.size() == 1 || node.inputs.size() == 2, "expected 1 or 2 inputs, found {}",
        node.inputs.size());
  const auto* conv = check.input(0);
  check(conv != nullptr && conv->kind == NodeKind::kConvolution,
        "expected a convolution as its first input");
  node.shape = conv->shape;
  if (node.current.max_pool) {
    node.shape.height /= 2;
    node.shape.width /= 2;
    check(node.shape.pixels() > 0, "its input of {}x{} is too small to be pooled",
          conv->shape.height, conv->shape.width);
  }
  if (node.inputs.size() == 1) return;
  const auto* earlier = check.input(1);
  check(earlier != nullptr && earlier->kind == NodeKind::kCurrent,
        "expected a current as its second input");
  const auto& from = earlier->shape;
  const bool same = from.height == node.shape.height && from.width == node.shape.width;
  const auto halves = [](std::int64_t extent, std::int64_t part) {
    return part == extent / 2 || part == (extent + 1) / 2;
  };
  const bool halved =
      halves(from.height, node.shape.height) && halves(from.width, node.shape.width);
  check(same || halved, "a current of {}x{} does not join one of {}x{}", from.height, from.width,
        node.shape.height, node.shape.width);
}

void infer_head(Node& node, const ModelDescription& model, const NodeCheck& check) {
  check(node.inputs.size() == 1, "expected 1 input, found {}", node.inputs.size());
  check.spikes(0);
  node.shape = {static_cast<std::int64_t>(model.classes.size()), 1, 1};
}

/// The runtime lets all convolutions of a neuron layer write to one buffer. So they must come
/// directly before that layer, with no other neuron layer in between, and must have no other
/// reader.
void check_order(const ModelDescription& model, const std::string& source) {
  std::vector<std::size_t> pending;
  std::vector<std::size_t> currents;
  bool whitened = false;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const auto& node = model.nodes[i];
    const NodeCheck check(model, node, source);
    if (node.kind == NodeKind::kConvolution) pending.push_back(i);
    if (node.kind == NodeKind::kWhitening) {
      check(!whitened, "the image is whitened once already");
      whitened = true;
    }
    if (node.kind == NodeKind::kCurrent) {
      check(pending.size() == 1 && pending[0] == node.inputs[0],
            "its convolution does not stand before it alone");
      pending.clear();
      currents.push_back(i);
    }
    if (node.kind == NodeKind::kHead) {
      check(i + 1 == model.nodes.size(), "the head is the last node");
      check(pending.empty(), "convolutions before it feed no neurons");
    }
    if (node.kind != NodeKind::kNeuron) continue;
    if (model.nodes[node.inputs[0]].kind == NodeKind::kCurrent) {
      check(pending.empty() && !currents.empty() && currents.back() == node.inputs[0],
            "its current does not stand before it alone");
      continue;
    }
    std::size_t found = 0;
    for (const auto input : node.inputs) {
      if (model.nodes[input].kind != NodeKind::kConvolution) continue;
      ++found;
      check(std::count(pending.begin(), pending.end(), input) == 1,
            "the convolution '{}' does not stand before it alone", model.nodes[input].name);
    }
    check(found == pending.size() && (found < 2 || node.inputs[0] != node.inputs[1]),
          "it reads {} of the {} convolutions before it", found, pending.size());
    for (const auto input : pending) {
      check(pending.size() == 1 || !reads_image(model, model.nodes[input]),
            "a convolution of the image feeds its neurons alone");
    }
    pending.clear();
  }
  const bool headed = !model.nodes.empty() && model.nodes.back().kind == NodeKind::kHead;
  if (!headed) fail(ErrorKind::kInput, "{}: the graph does not end in a head", source);
}

void check_input(const ModelDescription& model, const std::string& source) {
  const auto& input = model.input;
  for (const auto extent : {input.channels, input.height, input.width}) {
    if (extent < 1 || extent > kMaxNodeExtent) {
      fail(ErrorKind::kInput, "{}: the input's extents: expected 1 to {}, found {}", source,
           kMaxNodeExtent, extent);
    }
  }
  const auto channels = static_cast<std::size_t>(input.channels);
  if (model.mean.size() != channels || model.stddev.size() != channels) {
    fail(ErrorKind::kInput, "{}: expected {} means and deviations, found {} and {}", source,
         channels, model.mean.size(), model.stddev.size());
  }
  if (model.steps < 1 || model.steps > kMaxNodeExtent) {
    fail(ErrorKind::kInput, "{}: steps: expected 1 to {}, found {}", source, kMaxNodeExtent,
         model.steps);
  }
  if (model.classes.empty()) fail(ErrorKind::kInput, "{}: there are no classes", source);
}

}  // namespace

bool reads_image(const ModelDescription& model, const Node& convolution) {
  const auto input = convolution.inputs[0];
  return input == kImage || model.nodes[input].kind == NodeKind::kWhitening;
}

const Extent& input_shape(const ModelDescription& model, const Node& node) {
  return node.inputs[0] == kImage ? model.input : model.nodes[node.inputs[0]].shape;
}

void infer_shapes(ModelDescription& model, const std::string& source) {
  check_input(model, source);
  std::int64_t activations = model.input.values();
  for (auto& node : model.nodes) {
    const NodeCheck check(model, node, source);
    switch (node.kind) {
      case NodeKind::kConvolution:
        infer_convolution(node, model, check);
        break;
      case NodeKind::kNeuron:
        infer_neuron(node, check);
        break;
      case NodeKind::kPool:
        infer_pool(node, model, check);
        break;
      case NodeKind::kHead:
        infer_head(node, model, check);
        break;
      case NodeKind::kWhitening:
        infer_whitening(node, model, check);
        break;
      case NodeKind::kCurrent:
        infer_current(node, check);
        break;
    }
    activations += node.shape.values();
    check(activations <= kMaxActivations, "the graph asks for more than {} activations",
          kMaxActivations);
  }
  check_order(model, source);
}

std::vector<TensorNeed> tensors_of(const Node& node, const Extent& input,
                                   const ModelDescription& model) {
  const auto& name = node.name;
  const auto c = input.channels;
  std::vector<TensorNeed> needs;
  const auto need = [&](const std::string& part, std::vector<std::int64_t> shape) {
    needs.push_back({name + "." + part, DType::kF32, std::move(shape)});
  };
  if (node.kind == NodeKind::kConvolution) {
    const auto k = node.window.kernel;
    need("weight", {k, k, c, node.out});
    if (node.weights == Weights::kBf16) needs.back().dtype = DType::kBF16;
    if (node.weights == Weights::kInt16 || node.weights == Weights::kInt8) {
      needs.back().dtype = node.weights == Weights::kInt16 ? DType::kI16 : DType::kI8;
      need("scale", {node.out});
    }
    need("bias", {node.out});
  } else if (node.kind == NodeKind::kWhitening) {
    need("weight", {kWhiteningPatch, kWhiteningPatch, c, node.out});
  } else if (node.kind == NodeKind::kCurrent) {
    need("scale", {c});
    need("bias", {c});
  } else if (node.kind == NodeKind::kHead) {
    need("weight", {node.shape.channels, c});
    need("bias", {node.shape.channels});
  } else if (node.kind == NodeKind::kNeuron && !node.neuron.aggregate) {
    for (const auto* part : {"decay", "gain", "offset"}) need(part, {c});
  } else if (node.kind == NodeKind::kNeuron) {
    const auto& settings = node.neuron;
    if (settings.pe_x) need("pe_x", {model.steps, c});
    if (settings.pe_h) need("pe_h", {model.steps, c});
    if (settings.pe_u) need("pe_u", {model.steps, c});
    const auto r = settings.gc_reduced;
    for (const std::string block : {"gc1.", "gc2."}) {
      if (r == 0) break;
      need(block + "key.weight", {c});
      need(block + "key.bias", {1});
      need(block + "query.weight", {r, c});
      need(block + "query.bias", {r});
      need(block + "norm.weight", {r});
      need(block + "norm.bias", {r});
      need(block + "value.weight", {c, r});
      need(block + "value.bias", {c});
    }
    const auto s = settings.sa_reduced;
    if (s > 0) {
      need("sa.reduce.weight", {s, c});
      need("sa.reduce.bias", {s});
      need("sa.expand.weight", {c, s});
      need("sa.expand.bias", {c});
    }
  }
  return needs;
}

}  // namespace staa::format
