#include "staa/analysis/gradcam.h"

#include <torch/autograd.h>

#include <algorithm>

#include "staa/models/registry.h"
#include "staa/ops/reference/blocks.h"
#include "staa/ops/reference/input.h"
#include "staa/ops/reference/neurons.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::analysis {
namespace {

using models::NamedNeurons;

std::vector<NamedNeurons> choose_layers(const models::Network& network,
                                        const std::vector<std::string>& wanted) {
  const auto all = models::neuron_layers(network);
  if (wanted.empty()) return all;
  std::vector<std::string> names;
  for (const auto& layer : all) names.push_back(layer.name);
  for (const auto& name : wanted) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail(ErrorKind::kUsage, "unknown layer '{}'{} known: {}", name, did_you_mean(name, names),
           join_choices(names));
    }
  }
  std::vector<NamedNeurons> chosen;
  for (const auto& layer : all) {
    if (std::find(wanted.begin(), wanted.end(), layer.name) != wanted.end()) {
      chosen.push_back(layer);
    }
  }
  return chosen;
}

/// Runs the neurons again with the plain composition and records the outputs of their blocks.
void record_attention(const nn::StaaLifImpl& neuron, const ops::NeuronInput& input,
                      LayerMaps& maps) {
  const torch::NoGradGuard no_grad;
  const auto weights = neuron.weights();
  const auto& options = neuron.options();
  std::vector<torch::Tensor> on_x;
  std::vector<torch::Tensor> on_h;
  std::vector<torch::Tensor> gates;
  const auto observe = [&](const torch::Tensor& x, const torch::Tensor& h, const torch::Tensor& u) {
    if (weights.gc1.defined()) {
      on_x.push_back(ops::reference::context_attention(x, weights.gc1)[0]);
      on_h.push_back(ops::reference::context_attention(h, weights.gc2)[0]);
    }
    if (weights.sa.defined()) {
      const auto gate = ops::reference::step_attention_gate(u, weights.sa, options);
      gates.push_back(gate.flatten());
    }
  };
  ops::reference::staa_lif(ops::reference::compose(input), weights, options, {}, observe);
  if (!on_x.empty()) {
    maps.attention_x = torch::stack(on_x).cpu();
    maps.attention_h = torch::stack(on_h).cpu();
  }
  if (!gates.empty()) maps.gates = torch::stack(gates).cpu();
}

/// Observes layers while it lives.
class Watch {
 public:
  explicit Watch(std::vector<NamedNeurons> layers) : layers_(std::move(layers)) {
    maps.resize(layers_.size());
    spikes.resize(layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      auto& layer = *layers_[i].layer;
      maps[i].name = layers_[i].name;
      layer.set_observer(
          [&kept = spikes[i]](const torch::Tensor&, const torch::Tensor& out) { kept = out; });
      if (const auto* staa = dynamic_cast<const nn::StaaLifImpl*>(&layer)) {
        layer.set_input_observer([staa, &kept = maps[i]](const ops::NeuronInput& input) {
          record_attention(*staa, input, kept);
        });
      }
    }
  }
  ~Watch() {
    for (const auto& watched : layers_) {
      watched.layer->set_observer({});
      watched.layer->set_input_observer({});
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::vector<LayerMaps> maps;
  std::vector<torch::Tensor> spikes;  // [T, 1, C, H, W]

 private:
  std::vector<NamedNeurons> layers_;
};

/// spikes and gradient [T, 1, C, H, W] -> [H, W].
torch::Tensor class_activation(const torch::Tensor& spikes, const torch::Tensor& gradient) {
  const auto alpha = gradient.mean({3, 4}, /*keepdim=*/true);
  return torch::relu((alpha * spikes.detach()).sum({0, 1, 2})).cpu();
}

}  // namespace

Explanation explain(models::Network& network, const torch::Tensor& sample, std::int64_t target,
                    const std::vector<std::string>& layers) {
  Watch watch(choose_layers(network, layers));
  network.eval();
  const auto output = network.forward(sample).mean(0)[0];  // [classes]
  if (target >= output.size(0)) {
    fail(ErrorKind::kUsage, "class {}: the network knows {}, counted from 0", target,
         output.size(0));
  }
  Explanation explanation;
  explanation.target = target < 0 ? output.argmax().item<std::int64_t>() : target;
  explanation.probabilities = torch::softmax(output.detach(), 0).cpu();
  // Differentiate with respect to the spikes only, so that no gradient reaches the weights.
  const auto gradients = torch::autograd::grad({output[explanation.target]}, watch.spikes);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    watch.maps[i].cam = class_activation(watch.spikes[i], gradients[i]);
  }
  explanation.layers = std::move(watch.maps);
  return explanation;
}

}  // namespace staa::analysis
