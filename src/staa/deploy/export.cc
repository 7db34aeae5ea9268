#include "staa/deploy/export.h"

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "staa/deploy/quantise.h"
#include "staa/format/model_file.h"
#include "staa/models/resnet.h"
#include "staa/models/vgg.h"
#include "staa/nn/layers.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::deploy {
namespace {

using format::kImage;
using format::Node;
using format::NodeKind;
using torch::Tensor;

/// The type in the file for tensors of this type.
format::DType dtype_of(torch::ScalarType type) {
  if (type == torch::kChar) return format::DType::kI8;
  if (type == torch::kShort) return format::DType::kI16;
  if (type == torch::kBFloat16) return format::DType::kBF16;
  return format::DType::kF32;
}

/// Builds the graph node by node from the network's tensors.
class Builder {
 public:
  Builder(const models::Network& network, WeightType weights, int rounding)
      : options_(network.options()), weights_(weights), rounding_(rounding) {
    for (const auto& item : network.named_parameters()) tensors_[item.key()] = item.value();
    for (const auto& item : network.named_buffers()) tensors_[item.key()] = item.value();
  }

  /// Adds the convolution `name` with its BatchNorm. Returns the node's index, as the next ones do.
  std::size_t convolution(const std::string& name, std::size_t input, std::int64_t stride) {
    const auto [factor, bias] = affine(name);
    return add_convolution(name, input, stride,
                           tensor(name + ".conv.weight") * factor.view({-1, 1, 1, 1}), bias);
  }

  /// Adds the frozen stem.
  std::size_t whitening(const std::string& name) {
    const auto weight = tensor(name + ".weight").permute({2, 3, 1, 0}).contiguous();
    add(NodeKind::kWhitening, name, {kImage}).out = weight.size(3);
    put(name + ".weight", weight);
    return last();
  }

  /// Adds the convolution `name` with its BatchNorm as a current, to which `earlier` is added.
  /// `gain` is where BatchNorm's scale started.
  std::size_t current(const std::string& name, std::size_t input, std::int64_t stride,
                      bool max_pool, std::optional<std::size_t> earlier, double gain) {
    const auto weight = tensor(name + ".conv.weight");
    const auto no_bias = torch::zeros({weight.size(0)}, torch::kDouble);
    const auto conv = add_convolution(name, input, stride, weight, no_bias);
    std::vector<std::size_t> inputs{conv};
    if (earlier) inputs.push_back(*earlier);
    auto& node = add(NodeKind::kCurrent, name + ".current", std::move(inputs));
    node.current = {max_pool, earlier ? nn::joint_share(gain) : 1};
    node.out = model_.nodes[conv].out;
    const auto [factor, bias] = affine(name);
    put(node.name + ".scale", factor);
    put(node.name + ".bias", bias);
    return last();
  }

  std::size_t neuron(const std::string& name, std::vector<std::size_t> inputs) {
    const auto channels = model_.nodes[inputs[0]].out;
    auto& node = add(NodeKind::kNeuron, name, std::move(inputs));
    const auto& neuron = options_.neuron;
    node.neuron.threshold = neuron.threshold;
    node.neuron.reset = neuron.reset;
    node.neuron.aggregate = neuron.kind == NeuronKind::kStaaLif;
    if (node.neuron.aggregate) {
      put_aggregator(node);
    } else {
      put_update(node, channels);
    }
    return last();
  }

  std::size_t pool(const std::string& name, std::size_t input, const format::Window& window) {
    add(NodeKind::kPool, name, {input}).window = window;
    return last();
  }

  std::size_t conv_neuron(const std::string& name, std::size_t input, std::int64_t stride,
                          std::optional<std::size_t> residual = {}) {
    std::vector<std::size_t> inputs{convolution(name, input, stride)};
    if (residual) inputs.push_back(*residual);
    return neuron(name + ".neuron", std::move(inputs));
  }

  /// The same with shortcuts of the current: `current`, if any, is added, and becomes the layer's.
  std::size_t passing_neuron(const std::string& name, std::size_t input, std::int64_t stride,
                             bool max_pool, std::optional<std::size_t>& current, double gain = 1) {
    current = this->current(name, input, stride, max_pool, current, gain);
    return neuron(name + ".neuron", {*current});
  }

  void head(std::size_t input) {
    add(NodeKind::kHead, "head", {input});
    put("head.weight", tensor("head.linear.weight") * options_.head_scale);
    put("head.bias", tensor("head.linear.bias") * options_.head_scale);
  }

  bool has(const std::string& name) const { return tensors_.count(name) > 0; }

  format::ModelDescription& model() { return model_; }

  std::vector<std::uint8_t> file() {
    format::infer_shapes(model_, model_.network);
    writer_.set_metadata(format::kModelKey, format::to_json(model_));
    return writer_.serialize();
  }

 private:
  static constexpr double kNormEps = 1e-5;  // of torch::nn::BatchNorm2d

  /// The BatchNorm of `name` as a factor and a bias per channel.
  std::pair<Tensor, Tensor> affine(const std::string& name) const {
    const auto norm = [&](const std::string& part) { return tensor(name + ".norm." + part); };
    const auto factor = norm("weight") / (norm("running_var") + kNormEps).sqrt();
    return {factor, norm("bias") - norm("running_mean") * factor};
  }

  /// `weights` is [out, in, k, k].
  std::size_t add_convolution(const std::string& name, std::size_t input, std::int64_t stride,
                              const Tensor& weights, const Tensor& bias) {
    const auto weight = weights.permute({2, 3, 1, 0}).contiguous();  // [k, k, in, out]
    auto& node = add(NodeKind::kConvolution, name + ".conv", {input});
    node.window = {weight.size(0), stride, weight.size(0) / 2};
    node.out = weight.size(3);
    node.weights = format::reads_image(model_, node) ? WeightType::kFp32 : weights_;
    if (node.weights == WeightType::kInt8 || node.weights == WeightType::kInt16) {
      const auto bits = node.weights == WeightType::kInt8 ? Bits::k8 : Bits::k16;
      const auto rounded = quantise(weight, bits, rounding_);
      put(node.name + ".weight", rounded.values);
      put(node.name + ".scale", rounded.scale.to(torch::kFloat));
    } else if (node.weights == WeightType::kBf16) {
      put(node.name + ".weight", weight.to(torch::kBFloat16));
    } else {
      put(node.name + ".weight", weight.to(torch::kFloat));
    }
    put(node.name + ".bias", bias.to(torch::kFloat));
    return last();
  }

  Node& add(NodeKind kind, const std::string& name, std::vector<std::size_t> inputs) {
    Node node;
    node.kind = kind;
    node.name = name;
    node.inputs = std::move(inputs);
    model_.nodes.push_back(std::move(node));
    return model_.nodes.back();
  }
  std::size_t last() const { return model_.nodes.size() - 1; }

  /// Returns a parameter or buffer in double precision, so that folding rounds only once.
  Tensor tensor(const std::string& name) const {
    return tensors_.at(name).detach().to(torch::kCPU).to(torch::kDouble);
  }

  void put(const std::string& name, const Tensor& values) {
    const auto dtype = dtype_of(values.scalar_type());
    const bool narrow = dtype != format::DType::kF32;
    kept_.push_back(narrow ? values.contiguous() : values.to(torch::kFloat).contiguous());
    const auto& copy = kept_.back();
    writer_.add(name, dtype, copy.sizes().vec(), copy.data_ptr());
  }

  /// Writes V = decay * H + gain * X + offset for Eq. 1 and 6.
  void put_update(const Node& node, std::int64_t channels) {
    const auto& neuron = options_.neuron;
    const auto like = torch::ones({channels}, torch::kDouble);
    const bool adaptive = neuron.kind == NeuronKind::kAdaptiveLif;
    const auto update = neuron.lif_update();
    put(node.name + ".decay", adaptive ? tensor(node.name + ".decay") : like * update.decay);
    put(node.name + ".gain", adaptive ? tensor(node.name + ".gain") : like * update.gain);
    put(node.name + ".offset", adaptive ? like * 0 : like * update.offset);
  }

  void put_aggregator(Node& node) {
    const auto& neuron = options_.neuron;
    auto& settings = node.neuron;
    settings.sa_alpha = neuron.sa_inner();
    settings.sa_gain = neuron.sa_outer();
    if (neuron.pe) {
      const auto placement = neuron.pe_placement;
      const bool both = placement == PePlacement::kBoth;
      const auto table = tensor(node.name + ".pe");
      settings.pe_x = both || placement == PePlacement::kSpatial;
      settings.pe_h = both || placement == PePlacement::kTemporal;
      settings.pe_u = placement == PePlacement::kPost;
      if (settings.pe_x) put(node.name + ".pe_x", both ? table[0] : table);
      if (settings.pe_h) put(node.name + ".pe_h", both ? table[1] : table);
      if (settings.pe_u) put(node.name + ".pe_u", table);
    }
    for (const std::string block : {".gc1.", ".gc2."}) {
      if (!neuron.gc) break;
      for (const auto* part : {"key", "query", "norm", "value"})
        put_linear(node.name + block + part);
      settings.gc_reduced = tensor(node.name + block + "norm.weight").numel();
    }
    if (!neuron.sa) return;
    put_linear(node.name + ".sa.reduce");
    put_linear(node.name + ".sa.expand");
    settings.sa_reduced = tensor(node.name + ".sa.reduce.bias").numel();
  }

  /// Writes a 1x1 convolution as a matrix, GC's key as a vector, and a LayerNorm unchanged.
  void put_linear(const std::string& name) {
    auto weight = tensor(name + ".weight");
    if (weight.dim() == 4) weight = weight.flatten(1);
    if (weight.dim() == 2 && weight.size(0) == 1 && name.find(".key") != std::string::npos) {
      weight = weight[0];
    }
    put(name + ".weight", weight);
    put(name + ".bias", tensor(name + ".bias"));
  }

  const models::NetworkOptions& options_;
  WeightType weights_;
  int rounding_;
  std::map<std::string, Tensor> tensors_;
  format::ModelDescription model_;
  format::SafetensorsWriter writer_;
  std::deque<Tensor> kept_;  // keeps the data until the file is written
};

/// Adds the nodes of models::ResNet.
void build_resnet(Builder& build, const models::ResNetLayout& layout, bool shortcuts,
                  double residual_gain) {
  std::size_t at = kImage;
  std::optional<std::size_t> current;
  for (std::size_t i = 0; i < layout.stem.size(); ++i) {
    const auto name = "stem." + std::to_string(i);
    at = shortcuts && i + 1 == layout.stem.size()
             ? build.passing_neuron(name, at, layout.stem_stride, false, current)
             : build.conv_neuron(name, at, layout.stem_stride);
  }
  if (layout.pool == models::StemPool::kAverage2) at = build.pool("pool", at, {2, 2, 0});
  if (layout.pool == models::StemPool::kAverage3Stride2) at = build.pool("pool", at, {3, 2, 1});
  for (std::size_t stage = 0; stage < layout.channels.size(); ++stage) {
    for (std::int64_t i = 0; i < layout.blocks[stage]; ++i) {
      const auto name = "stages." + std::to_string(stage) + "." + std::to_string(i);
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      const auto inner = build.conv_neuron(name + ".conv1", at, stride);
      if (shortcuts) {
        at = build.passing_neuron(name + ".conv2", inner, 1, false, current, residual_gain);
        continue;
      }
      auto residual = at;
      if (build.has(name + ".shortcut.conv.weight")) {
        const bool pooled = layout.shortcut == models::Shortcut::kPooled && stride != 1;
        if (pooled) residual = build.pool(name + ".pool", at, {2, 2, 0});
        residual = build.convolution(name + ".shortcut", residual, pooled ? 1 : stride);
      }
      at = build.conv_neuron(name + ".conv2", inner, 1, residual);
    }
  }
  build.head(at);
}

/// Adds the nodes of models::Vgg13.
void build_vgg(Builder& build, bool maximum, bool shortcuts) {
  std::size_t at = kImage;
  std::optional<std::size_t> current;
  for (std::size_t i = 0; build.has("features." + std::to_string(i) + ".conv.weight"); ++i) {
    const auto name = "features." + std::to_string(i);
    if (models::Vgg13::pooled_before(i)) at = build.pool(name + ".pool", at, {2, 2, 0, maximum});
    at = shortcuts ? build.passing_neuron(name, at, 1, false, current)
                   : build.conv_neuron(name, at, 1);
  }
  build.head(at);
}

/// Adds the nodes of models::Vgg7.
void build_vgg7(Builder& build, bool shortcuts) {
  std::size_t at = build.has("whitening.weight") ? build.whitening("whitening") : kImage;
  std::optional<std::size_t> current;
  for (std::size_t i = 0; build.has("features." + std::to_string(i) + ".conv.weight"); ++i) {
    const auto name = "features." + std::to_string(i);
    const bool pooled = models::Vgg7::pooled_after(i);
    if (!shortcuts) current.reset();
    at = shortcuts || pooled ? build.passing_neuron(name, at, 1, pooled, current)
                             : build.conv_neuron(name, at, 1);
  }
  build.head(at);
}

}  // namespace

std::vector<std::uint8_t> model_file(const models::Network& network,
                                     const data::InputDescription& input, WeightType weights,
                                     int rounding) {
  const torch::NoGradGuard no_grad;
  const auto& options = network.options();
  Builder build(network, weights, rounding);
  auto& model = build.model();
  if (options.neuron.activation != Activation::kSpike) {
    fail(ErrorKind::kUsage,
         "neuron.activation = \"relu\": there is no export of networks without spikes");
  }
  model.network = options.network;
  model.precision = format::weights_name(weights);
  model.steps = options.steps;
  model.input = {input.shape.channels, input.shape.height, input.shape.width};
  model.mean = input.normalisation.mean;
  model.stddev = input.normalisation.stddev;
  if (model.mean.empty()) {  // event counts are used unchanged
    model.mean.assign(static_cast<std::size_t>(model.input.channels), 0.0F);
    model.stddev.assign(static_cast<std::size_t>(model.input.channels), 1.0F);
  }
  model.classes = input.classes;
  const bool shortcuts = options.shortcut == CurrentShortcut::kCurrent;
  if (const auto layout = models::resnet_layout(options.network)) {
    build_resnet(build, *layout, shortcuts, options.residual_gain);
  } else if (options.network == "vgg13") {
    build_vgg(build, options.pooling == Pooling::kMax, shortcuts);
  } else if (options.network == "vgg7") {
    build_vgg7(build, shortcuts);
  } else {
    fail(ErrorKind::kUsage, "there is no export of network '{}' yet", options.network);
  }
  return build.file();
}

void export_model(const models::Network& network, const data::InputDescription& input,
                  WeightType weights, const std::filesystem::path& path) {
  write_file_atomically(path, model_file(network, input, weights));
}

}  // namespace staa::deploy
