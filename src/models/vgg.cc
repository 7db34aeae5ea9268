#include "staa/models/vgg.h"

#include <array>

namespace staa::models {
namespace {

constexpr std::array<std::int64_t, 10> kChannels{64, 64, 128, 128, 256, 256, 512, 512, 512, 512};

/// A pool stands before every second convolution but the first.
bool pooled_before(std::size_t index) { return index > 0 && index % 2 == 0; }

}  // namespace

Vgg13::Vgg13(const NetworkOptions& options) : Network(options) {
  auto channels = options.in_channels;
  torch::nn::ModuleList features;
  for (const auto out : kChannels) {
    const auto width = scaled(out);
    features_.push_back(std::make_shared<nn::ConvNeuron>(channels, width, 3, 1, options.steps,
                                                         options.neuron, options.execution));
    features->push_back(features_.back());
    channels = width;
  }
  register_module("features", features);
  head_ = register_module("head", std::make_shared<nn::Head>(channels, options.classes));
}

torch::Tensor Vgg13::run(const torch::Tensor& x) {
  ops::Spikes spikes = x;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    if (pooled_before(i)) spikes = nn::average_pool2(spikes);
    spikes = features_[i]->forward(spikes);
  }
  return head_->forward(spikes);
}

}  // namespace staa::models
