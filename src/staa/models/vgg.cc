#include "staa/models/vgg.h"

#include <array>

#include "staa/util/error.h"

namespace staa::models {
namespace {

constexpr std::array<std::int64_t, 10> kChannels{64, 64, 128, 128, 256, 256, 512, 512, 512, 512};
constexpr std::array<std::int64_t, 6> kChannelsOf7{64, 64, 256, 256, 256, 256};

/// Prepares a current [T, B, C, H, W] for the next layer's shortcut: pools it if `pooled`, and
/// repeats its channels up to `channels`.
torch::Tensor pass_on(torch::Tensor current, bool pooled, std::int64_t channels) {
  if (pooled) {
    current =
        nn::over_steps(current, [](const torch::Tensor& x) { return torch::avg_pool2d(x, 2); });
  }
  const auto times = (channels + current.size(2) - 1) / current.size(2);
  if (times > 1)
    current = torch::cat(std::vector<torch::Tensor>(static_cast<std::size_t>(times), current), 2);
  return current.size(2) == channels ? current : current.narrow(2, 0, channels);
}

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
  for (std::size_t i = 0; i < features_->size(); ++i) {
    if (pooled_before(i)) {
      spikes =
          options_.pooling == Pooling::kMax ? nn::max_pool2(spikes) : nn::average_pool2(spikes);
    }
    spikes = features_->at<nn::ConvNeuronImpl>(i).spikes(spikes);
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
  const bool shortcuts = options_.shortcut == CurrentShortcut::kCurrent;
  torch::Tensor current;
  for (std::size_t i = 0; i < features_->size(); ++i) {
    auto& layer = features_->at<nn::ConvNeuronImpl>(i);
    if (!shortcuts) {
      spikes = layer.spikes(spikes);
      continue;
    }
    if (i > 0) current = pass_on(current, pooled_after(i), layer.weight().size(0));
    spikes = layer.spikes_with_current(spikes, current);
  }
  return head_->forward(spikes);
}

}  // namespace staa::models
