#include "staa/models/vgg.h"

#include <array>

namespace staa::models {
namespace {

constexpr std::array<std::int64_t, 10> kChannels{64, 64, 128, 128, 256, 256, 512, 512, 512, 512};
constexpr std::array<std::int64_t, 6> kChannelsOf7{64, 64, 256, 256, 256, 256};

}  // namespace

Vgg13::Vgg13(const NetworkOptions& options) : Cloneable(options) { Vgg13::reset(); }

void Vgg13::reset() {
  auto channels = options_.in_channels;
  features_ = register_module("features", torch::nn::ModuleList());
  for (const auto out : kChannels) {
    features_->push_back(nn::ConvNeuron(nn::ConvShape{channels, scaled(out)}, options_));
    channels = scaled(out);
  }
  head_ = register_module("head", nn::Head(channels, options_.classes, options_.head_scale));
}

torch::Tensor Vgg13::run(const torch::Tensor& x) {
  ops::Spikes spikes = x;
  torch::Tensor current;
  for (std::size_t i = 0; i < features_->size(); ++i) {
    if (pooled_before(i)) {
      spikes =
          options_.pooling == Pooling::kMax ? nn::max_pool2(spikes) : nn::average_pool2(spikes);
    }
    spikes = fire(features_->at<nn::ConvNeuronImpl>(i), spikes, current);
  }
  return head_->forward(spikes);
}

Vgg7::Vgg7(const NetworkOptions& options) : Cloneable(options) { Vgg7::reset(); }

void Vgg7::reset() {
  auto channels = options_.in_channels;
  if (options_.whitening) {
    whitening_ = register_module("whitening", nn::Whitening(channels));
    channels = whitening_->out_channels();
  }
  features_ = register_module("features", torch::nn::ModuleList());
  for (std::size_t i = 0; i < kChannelsOf7.size(); ++i) {
    nn::ConvShape shape{channels, scaled(kChannelsOf7[i])};
    shape.max_pool = pooled_after(i);
    features_->push_back(nn::ConvNeuron(shape, options_));
    channels = shape.out;
  }
  head_ = register_module("head", nn::Head(channels, options_.classes, options_.head_scale));
}

torch::Tensor Vgg7::run(const torch::Tensor& x) {
  ops::Spikes spikes = whitening_.is_empty() ? x : whitening_->forward(x);
  torch::Tensor current;
  for (std::size_t i = 0; i < features_->size(); ++i) {
    spikes = fire(features_->at<nn::ConvNeuronImpl>(i), spikes, current);
  }
  return head_->forward(spikes);
}

}  // namespace staa::models
