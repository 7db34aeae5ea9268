#pragma once

#include <torch/types.h>

#include <vector>

#include "staa/models/network.h"

namespace staa::bench {

/// The convolutions of one network and nothing else, each on an input of the shape and layout that
/// it sees in the network: the time no implementation of the rest can go below.
class ConvolutionFloor {
 public:
  /// Runs `network` once on `images` to learn the shapes; computes in `type`.
  ConvolutionFloor(models::Network& network, const torch::Tensor& images,
                   torch::ScalarType type = torch::kFloat);

  /// Every convolution forward.
  void infer();

  /// Every convolution forward and backward: weight gradients for all, input gradients for all but
  /// the first.
  void train();

 private:
  struct Layer {
    torch::Tensor input;     // [T * B, C, H, W], channels-last
    torch::Tensor weight;    // a copy, so that gradients do not collect in the network
    torch::Tensor gradient;  // of the output
    std::int64_t stride;
  };

  static torch::Tensor forward(const Layer& layer);

  std::vector<Layer> layers_;
};

}  // namespace staa::bench
