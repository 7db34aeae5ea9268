#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>

#include <memory>
#include <vector>

#include "staa/models/network.h"
#include "staa/nn/layers.h"
#include "staa/nn/whitening.h"

namespace staa::models {

/// Ten 3x3 convolutions with neurons, 64, 64 P 128, 128 P 256, 256 P 512, 512 P 512, 512, where P
/// is a 2x2 pool, of the mean or, with Pooling::kMax, of the maximum; global pooling and a linear
/// layer. Holds `features.I` and `head`.
class Vgg13 : public Network, public torch::nn::Cloneable<Vgg13> {
 public:
  explicit Vgg13(const NetworkOptions& options);

  void reset() override;

  /// A pool stands before every second convolution but the first.
  static bool pooled_before(std::size_t index) { return index > 0 && index % 2 == 0; }

 protected:
  torch::Tensor run(const torch::Tensor& x) override;

 private:
  torch::nn::ModuleList features_{nullptr};  // of ConvNeuron
  nn::Head head_{nullptr};
};

/// A small network that learns quickly, after the ones of speed records on CIFAR-10 (K. Jordan,
/// airbench): three groups of two 3x3 convolutions, of 64, 256 and 256 channels, the first of a
/// group with a 2x2 maximum between convolution and BatchNorm; neurons behind every BatchNorm; the
/// mean over pixels and a linear layer. With `whitening` a frozen stem comes before. With
/// CurrentShortcut::kCurrent the current of each layer joins the next one's: pooled by the mean and
/// its channels repeated where their number grows, the sum times sqrt(1/2). Convolutions read
/// spikes alone. Holds `whitening`, `features.I` and `head`.
class Vgg7 : public Network, public torch::nn::Cloneable<Vgg7> {
 public:
  explicit Vgg7(const NetworkOptions& options);

  void reset() override;

  /// The first convolution of each group is pooled.
  static bool pooled_after(std::size_t index) { return index % 2 == 0; }

  nn::Whitening whitening() override { return whitening_; }

 protected:
  torch::Tensor run(const torch::Tensor& x) override;

 private:
  nn::Whitening whitening_{nullptr};         // empty: none
  torch::nn::ModuleList features_{nullptr};  // of ConvNeuron
  nn::Head head_{nullptr};
};

}  // namespace staa::models
