#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "staa/train/classifier.h"

namespace staa::train {

/// "parameter 'x'" of the first that holds a value that is not finite, or "".
std::string non_finite_parameter(const torch::nn::Module& network);

/// "gradient of 'x'" likewise.
std::string non_finite_gradient(const torch::nn::Module& network);

/// Runs `inputs` through the network in training mode again and tells where values stop being
/// finite: "input", "output of layer 'x'", or "" where the outputs of all are finite. staa's own
/// layers and the whole network are looked at. Running statistics move.
std::string non_finite_layer(const Classifier& network, const torch::Tensor& inputs);

/// What a forward pass changes besides its output: buffers, and LibTorch's generator. Taken before
/// a step, it takes the step back.
class ForwardState {
 public:
  ForwardState() = default;
  /// `buffers`: keep those as well, not the generator alone.
  ForwardState(const torch::nn::Module& network, bool buffers);

  void restore_generator() const;
  void restore_buffers(const torch::nn::Module& network) const;

 private:
  torch::Tensor generator_;
  std::vector<torch::Tensor> buffers_;
};

}  // namespace staa::train
