#include "staa/train/non_finite.h"

#include <cmath>

#include "staa/nn/observe.h"
#include "staa/util/error.h"

namespace staa::train {
namespace {

bool finite(const torch::Tensor& tensor) { return torch::isfinite(tensor).all().item<bool>(); }

}  // namespace

std::string non_finite_parameter(const torch::nn::Module& network) {
  for (const auto& item : network.named_parameters()) {
    if (!finite(item.value())) return fmt::format("parameter '{}'", item.key());
  }
  return "";
}

std::string non_finite_gradient(const torch::nn::Module& network) {
  for (const auto& item : network.named_parameters()) {
    const auto& gradient = item.value().grad();
    if (gradient.defined() && !finite(gradient)) return fmt::format("gradient of '{}'", item.key());
  }
  return "";
}

std::string non_finite_layer(const Classifier& network, const torch::Tensor& inputs) {
  const torch::NoGradGuard no_grad;
  // Run the pass even if the input is non-finite: layers may exchange statistics with other
  // processes.
  std::string found = finite(inputs) ? "" : "input";
  const auto each = [&](const auto& use) {
    for (const auto& item : network.module().named_modules()) {
      if (auto* layer = dynamic_cast<nn::Observable*>(item.value().get())) use(item.key(), *layer);
    }
  };
  each([&](const std::string& name, nn::Observable& layer) {
    layer.set_observer([&found, name](const torch::Tensor&, const torch::Tensor& output) {
      if (found.empty() && !finite(output)) found = fmt::format("output of layer '{}'", name);
    });
  });
  const auto logits = network.forward(inputs);
  if (found.empty() && !finite(logits)) found = "output of the network";
  each([](const std::string&, nn::Observable& layer) { layer.set_observer({}); });
  return found;
}

ForwardState::ForwardState(const torch::nn::Module& network, bool buffers)
    : generator_(at::detail::getDefaultCPUGenerator().get_state()) {
  if (!buffers) return;
  for (const auto& buffer : network.buffers()) buffers_.push_back(buffer.clone());
}

void ForwardState::restore_generator() const {
  auto generator = at::detail::getDefaultCPUGenerator();
  generator.set_state(generator_);
}

void ForwardState::restore_buffers(const torch::nn::Module& network) const {
  const torch::NoGradGuard no_grad;
  auto buffers = network.buffers();
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers[i].copy_(buffers_[i]);
}

}  // namespace staa::train
