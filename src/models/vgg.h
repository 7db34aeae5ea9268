#pragma once

#include <memory>
#include <vector>

#include "staa/models/network.h"
#include "staa/nn/layers.h"

namespace staa::models {

/// Ten 3x3 convolutions with neurons, 64, 64 P 128, 128 P 256, 256 P 512, 512 P 512, 512, where P
/// is a 2x2 average pool; global pooling and a linear layer. Holds `features.I` and `head`.
class Vgg13 : public Network {
 public:
  explicit Vgg13(const NetworkOptions& options);

  /// A pool stands before every second convolution but the first.
  static bool pooled_before(std::size_t index) { return index > 0 && index % 2 == 0; }

 protected:
  torch::Tensor run(const torch::Tensor& x) override;

 private:
  std::vector<std::shared_ptr<nn::ConvNeuron>> features_;
  std::shared_ptr<nn::Head> head_;
};

}  // namespace staa::models
