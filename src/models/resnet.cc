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

BasicBlock::BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, Shortcut shortcut,
                       const NetworkOptions& options) {
  nn::ConvShape first{in, out, 3, stride};
  nn::ConvShape second{out, out};
  second.gain = options.residual_gain;
  conv1_ = register_module("conv1", std::make_shared<nn::ConvNeuron>(first, options));
  conv2_ = register_module("conv2", std::make_shared<nn::ConvNeuron>(second, options));
  if (stride != 1 || in != out) {
    pooled_ = shortcut == Shortcut::kPooled && stride != 1;
    const nn::ConvShape shape{in, out, 1, pooled_ ? 1 : stride};
    shortcut_ = register_module("shortcut", std::make_shared<nn::ConvNorm>(shape, options));
  }
}

ops::Spikes BasicBlock::forward(const ops::Spikes& x) {
  ops::Current residual = x;
  if (shortcut_) residual = shortcut_->forward(pooled_ ? ops::Spikes(nn::average_pool2(x)) : x);
  return conv2_->forward(conv1_->forward(x), residual);
}

ResNet::ResNet(const ResNetLayout& layout, const NetworkOptions& options)
    : Network(options), pool_(layout.pool) {
  auto channels = options.in_channels;
  torch::nn::ModuleList stem;
  for (const auto out : layout.stem) {
    const auto width = scaled(out);
    const nn::ConvShape shape{channels, width, layout.stem_kernel, layout.stem_stride};
    stem_.push_back(std::make_shared<nn::ConvNeuron>(shape, options));
    stem->push_back(stem_.back());
    channels = width;
  }
  register_module("stem", stem);

  torch::nn::ModuleList stages;
  for (std::size_t stage = 0; stage < layout.channels.size(); ++stage) {
    torch::nn::ModuleList blocks;
    const auto width = scaled(layout.channels[stage]);
    for (std::int64_t i = 0; i < layout.blocks[stage]; ++i) {
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      blocks_.push_back(
          std::make_shared<BasicBlock>(channels, width, stride, layout.shortcut, options));
      blocks->push_back(blocks_.back());
      channels = width;
    }
    stages->push_back(blocks);
  }
  register_module("stages", stages);
  head_ = register_module(
      "head", std::make_shared<nn::Head>(channels, options.classes, options.head_scale));
}

torch::Tensor ResNet::run(const torch::Tensor& x) {
  ops::Spikes spikes = x;
  for (const auto& layer : stem_) spikes = layer->forward(spikes);
  spikes = pool_stem(spikes, pool_);
  for (const auto& block : blocks_) spikes = block->forward(spikes);
  return head_->forward(spikes);
}

}  // namespace staa::models
