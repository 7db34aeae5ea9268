#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>

#include <memory>
#include <vector>

#include "staa/models/network.h"
#include "staa/nn/layers.h"
#include "staa/nn/whitening.h"

namespace staa::models {

/// Ten 3x3 convolutions with neurons, of 64, 64 P 128, 128 P 256, 256 P 512, 512 P 512, 512
/// channels, followed by global pooling and a linear layer. P is a 2x2 average pool, or a maximum
/// pool with Pooling::kMax. With CurrentShortcut::kCurrent each layer's current passes the next
/// one. Holds `features.I` and `head`.
class Vgg13 : public nn::Cloneable<Vgg13, Network> {
 public:
  explicit Vgg13(const NetworkOptions& options);

  void reset() override;

  /// A pool precedes every second convolution except the first.
  static bool pooled_before(std::size_t index) { return index > 0 && index % 2 == 0; }

 protected:
  torch::Tensor run(const torch::Tensor& x) override;

 private:
  torch::nn::ModuleList features_{nullptr};  // of ConvNeuron
  nn::Head head_{nullptr};
};

/// A small network that learns quickly, modelled on those of CIFAR-10 speed records (K. Jordan,
/// airbench). It has three groups of two 3x3 convolutions, with 64, 256 and 256 channels; neurons
/// follow every BatchNorm, and the first convolution of each group has a 2x2 maximum pool before
/// its BatchNorm. The mean over pixels and a linear layer follow. With `whitening` a frozen stem
/// comes first. With CurrentShortcut::kCurrent each layer's current passes the next one. Holds
/// `whitening`, `features.I` and `head`.
class Vgg7 : public nn::Cloneable<Vgg7, Network> {
 public:
  explicit Vgg7(const NetworkOptions& options);

  void reset() override;

  /// The first convolution of each group is pooled.
  static bool pooled_after(std::size_t index) { return index % 2 == 0; }

  nn::Whitening whitening() override { return whitening_; }

 protected:
  torch::Tensor run(const torch::Tensor& x) override;

 private:
  nn::Whitening whitening_{nullptr};         // may be empty
  torch::nn::ModuleList features_{nullptr};  // of ConvNeuron
  nn::Head head_{nullptr};
};

}  // namespace staa::models
