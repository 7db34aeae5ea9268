#include "staa/models/resnet.h"

namespace staa::models {
namespace {

ops::Spikes pool_stem(const ops::Spikes& x, StemPool pool) {
  switch (pool) {
    case StemPool::kNone:
      return x;
    case StemPool::kAverage2:
      return nn::average_pool2(x);
    case StemPool::kAverage3Stride2:
      return nn::over_steps(x, [](const torch::Tensor& y) {
        return torch::avg_pool2d(y, 3, /*stride=*/2, /*padding=*/1);
      });
  }
  return x;
}

ResNetLayout imagenet_layout(std::vector<std::int64_t> blocks) {
  ResNetLayout layout;
  layout.stem = {64};
  layout.stem_kernel = 7;
  layout.stem_stride = 2;
  layout.pool = StemPool::kAverage3Stride2;
  layout.channels = {64, 128, 256, 512};
  layout.blocks = std::move(blocks);
  return layout;
}

}  // namespace

ResNetLayout resnet18_layout() { return imagenet_layout({2, 2, 2, 2}); }

ResNetLayout resnet34_layout() { return imagenet_layout({3, 4, 6, 3}); }

ResNetLayout resnet19_layout() {
  ResNetLayout layout;
  layout.stem = {128};
  layout.channels = {128, 256, 512};
  layout.blocks = {3, 3, 2};
  return layout;
}

ResNetLayout resnet20_layout() {
  ResNetLayout layout;
  layout.stem = {64, 64, 64};
  layout.pool = StemPool::kAverage2;
  layout.channels = {64, 128, 256, 512};
  layout.blocks = {2, 2, 2, 2};
  layout.shortcut = Shortcut::kPooled;
  return layout;
}

std::optional<ResNetLayout> resnet_layout(const std::string& network) {
  if (network == "resnet18") return resnet18_layout();
  if (network == "resnet19") return resnet19_layout();
  if (network == "resnet20") return resnet20_layout();
  if (network == "resnet34") return resnet34_layout();
  return std::nullopt;
}

BasicBlockImpl::BasicBlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride,
                               Shortcut shortcut, const NetworkOptions& options)
    : in_(in), out_(out), stride_(stride), kind_(shortcut), options_(options) {
  BasicBlockImpl::reset();
}

void BasicBlockImpl::reset() {
  nn::ConvShape second{out_, out_};
  second.gain = options_.residual_gain;
  conv1_ = register_module("conv1", nn::ConvNeuron(nn::ConvShape{in_, out_, 3, stride_}, options_));
  conv2_ = register_module("conv2", nn::ConvNeuron(second, options_));
  if (options_.shortcut == CurrentShortcut::kCurrent || (stride_ == 1 && in_ == out_)) return;
  pooled_ = kind_ == Shortcut::kPooled && stride_ != 1;
  const nn::ConvShape shape{in_, out_, 1, pooled_ ? 1 : stride_};
  shortcut_ = register_module("shortcut", nn::ConvNorm(shape, options_));
}

ops::Spikes BasicBlockImpl::spikes(const ops::Spikes& x) {
  ops::Current residual = x;
  if (!shortcut_.is_empty()) {
    residual = shortcut_->current(pooled_ ? ops::Spikes(nn::average_pool2(x)) : x);
  }
  return conv2_->spikes(conv1_->spikes(x), residual);
}

ops::Spikes BasicBlockImpl::spikes_with_current(const ops::Spikes& x, torch::Tensor& current) {
  return conv2_->spikes_with_current(conv1_->spikes(x), current);
}

ResNet::ResNet(const ResNetLayout& layout, const NetworkOptions& options)
    : Cloneable(options), layout_(layout) {
  ResNet::reset();
}

void ResNet::reset() {
  auto channels = options_.in_channels;
  stem_ = register_module("stem", torch::nn::ModuleList());
  for (const auto out : layout_.stem) {
    const auto width = scaled(out);
    const nn::ConvShape shape{channels, width, layout_.stem_kernel, layout_.stem_stride};
    stem_->push_back(nn::ConvNeuron(shape, options_));
    channels = width;
  }

  stages_ = register_module("stages", torch::nn::ModuleList());
  for (std::size_t stage = 0; stage < layout_.channels.size(); ++stage) {
    torch::nn::ModuleList blocks;
    const auto width = scaled(layout_.channels[stage]);
    for (std::int64_t i = 0; i < layout_.blocks[stage]; ++i) {
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      blocks->push_back(BasicBlock(channels, width, stride, layout_.shortcut, options_));
      channels = width;
    }
    stages_->push_back(blocks);
  }
  head_ = register_module("head", nn::Head(channels, options_.classes, options_.head_scale));
}

torch::Tensor ResNet::run(const torch::Tensor& x) {
  ops::Spikes spikes = x;
  torch::Tensor current;
  for (std::size_t i = 0; i < stem_->size(); ++i) {
    auto& layer = stem_->at<nn::ConvNeuronImpl>(i);
    const bool last = i + 1 == stem_->size();
    spikes = last ? fire(layer, spikes, current) : layer.spikes(spikes);
  }
  spikes = pool_stem(spikes, layout_.pool);
  for (const auto& stage : *stages_) {
    for (const auto& layer : *stage->as<torch::nn::ModuleList>()) {
      auto& block = *layer->as<BasicBlock>();
      spikes = has_shortcuts() ? block.spikes_with_current(spikes, current) : block.spikes(spikes);
    }
  }
  return head_->forward(spikes);
}

}  // namespace staa::models
