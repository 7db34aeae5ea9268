#pragma once

#include <torch/types.h>

#include <vector>

#include "staa/models/network.h"

namespace staa::bench {

/// Only the convolutions of a network, each with an input of the shape and layout that it has
/// there. Their time is a lower bound for the network's, however fast everything else is.
class ConvolutionFloor {
 public:
  /// Runs `network` once on `images` to find the shapes. The convolutions compute in `type`.
  ConvolutionFloor(models::Network& network, const torch::Tensor& images,
                   torch::ScalarType type = torch::kFloat);

  /// Runs the forward pass of every convolution.
  void infer();

  /// Runs the forward and backward pass of every convolution: weight gradients for all, input
  /// gradients for all but the first.
  void train();

 private:
  struct Layer {
    torch::Tensor input;     // [T * B, C, H, W], channels-last
    torch::Tensor weight;    // a copy, which keeps gradients out of the network
    torch::Tensor gradient;  // of the output
    std::int64_t stride;
  };

  static torch::Tensor forward(const Layer& layer);

  std::vector<Layer> layers_;
};

}  // namespace staa::bench
