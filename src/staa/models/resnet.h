#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "staa/models/network.h"
#include "staa/nn/layers.h"

namespace staa::models {

/// The shortcut of a block that changes the extent or the number of channels.
enum class Shortcut {
  kPooled,   ///< 2x2 average pool, 1x1 convolution, BatchNorm
  kStrided,  ///< strided 1x1 convolution, BatchNorm
};

/// The pooling between the stem and the first stage.
enum class StemPool { kNone, kAverage2, kAverage3Stride2 };

/// The layout of a residual network at width 1.
struct ResNetLayout {
  std::vector<std::int64_t> stem;  ///< output channels of each stem convolution
  std::int64_t stem_kernel = 3;
  std::int64_t stem_stride = 1;
  StemPool pool = StemPool::kNone;
  std::vector<std::int64_t> channels;  ///< of each stage
  std::vector<std::int64_t> blocks;    ///< in each stage
  Shortcut shortcut = Shortcut::kStrided;
};

ResNetLayout resnet18_layout();  ///< ImageNet: [2, 2, 2, 2] blocks
ResNetLayout resnet19_layout();  ///< CIFAR: stem of 128, [3, 3, 2] blocks of 128, 256, 512
ResNetLayout resnet20_layout();  ///< CIFAR and DVS: stem of three, pool, [2, 2, 2, 2] blocks
ResNetLayout resnet34_layout();  ///< ImageNet: [3, 4, 6, 3] blocks

/// The layout of the named network, or nothing if it is not a residual network.
std::optional<ResNetLayout> resnet_layout(const std::string& network);

/// Two 3x3 convolutions with neurons. The shortcut is added before the second layer of neurons.
/// Holds `conv1`, `conv2` and, if the extent or the number of channels changes and shortcuts are
/// not of the current, `shortcut`.
class BasicBlockImpl : public torch::nn::Cloneable<BasicBlockImpl> {
 public:
  BasicBlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride, Shortcut shortcut,
                 const NetworkOptions& options);

  void reset() override;

  /// Spikes [T, B, in, H, W] -> spikes [T, B, out, H / stride, W / stride].
  torch::Tensor forward(const torch::Tensor& x) { return spikes(x).values; }
  /// The same with the spikes packed as bits.
  ops::Spikes spikes(const ops::Spikes& x);
  /// The same with shortcuts of the current: `current` is the one behind x, before any pool. It
  /// becomes the one of this block's last neurons.
  ops::Spikes spikes_with_current(const ops::Spikes& x, torch::Tensor& current);

 private:
  std::int64_t in_;
  std::int64_t out_;
  std::int64_t stride_;
  Shortcut kind_;
  NetworkOptions options_;
  bool pooled_ = false;
  nn::ConvNeuron conv1_{nullptr};
  nn::ConvNeuron conv2_{nullptr};
  nn::ConvNorm shortcut_{nullptr};  // empty: the identity
};
TORCH_MODULE(BasicBlock);

/// A residual network. With CurrentShortcut::kCurrent the current of the stem's last layer passes
/// the first block, and each block's the next one. Holds `stem.I`, `stages.S.I` and `head`.
class ResNet : public nn::Cloneable<ResNet, Network> {
 public:
  ResNet(const ResNetLayout& layout, const NetworkOptions& options);

  void reset() override;

 protected:
  torch::Tensor run(const torch::Tensor& x) override;

 private:
  ResNetLayout layout_;
  torch::nn::ModuleList stem_{nullptr};    // of ConvNeuron
  torch::nn::ModuleList stages_{nullptr};  // of ModuleLists of BasicBlock
  nn::Head head_{nullptr};
};

}  // namespace staa::models
