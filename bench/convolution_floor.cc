#include "convolution_floor.h"

#include <torch/autograd.h>

#include "staa/nn/layers.h"

namespace staa::bench {

ConvolutionFloor::ConvolutionFloor(models::Network& network, const torch::Tensor& images,
                                   torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  std::vector<nn::NormedConvolution*> observed;
  for (const auto& module : network.modules()) {
    auto* conv = dynamic_cast<nn::NormedConvolution*>(module.get());
    if (conv == nullptr) continue;
    observed.push_back(conv);
    conv->set_observer([this, conv, type](const torch::Tensor& input, const torch::Tensor& output) {
      const bool first = layers_.empty();
      const auto channels_last = torch::MemoryFormat::ChannelsLast;
      layers_.push_back(
          {input.flatten(0, 1).to(type).contiguous(channels_last).set_requires_grad(!first),
           conv->weight().detach().clone().to(type).set_requires_grad(true),
           torch::randn_like(output.flatten(0, 1).to(type).contiguous(channels_last)),
           conv->stride()});
    });
  }
  network.forward(images);
  for (auto* conv : observed) conv->set_observer({});
}

torch::Tensor ConvolutionFloor::forward(const Layer& layer) {
  return torch::conv2d(layer.input, layer.weight, {}, layer.stride, layer.weight.size(2) / 2);
}

void ConvolutionFloor::infer() {
  const torch::NoGradGuard no_grad;
  for (const auto& layer : layers_) forward(layer);
}

void ConvolutionFloor::train() {
  for (const auto& layer : layers_) {
    std::vector<torch::Tensor> inputs{layer.weight};
    if (layer.input.requires_grad()) inputs.push_back(layer.input);
    torch::autograd::grad({forward(layer)}, inputs, {layer.gradient});
  }
}

}  // namespace staa::bench
