#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "staa/train/classifier.h"

namespace staa::train {

/// "parameter 'x'" for the first parameter that holds a non-finite value, or "".
std::string non_finite_parameter(const torch::nn::Module& network);

/// "gradient of 'x'" for the first parameter whose gradient holds a non-finite value, or "".
std::string non_finite_gradient(const torch::nn::Module& network);

/// Repeats the forward pass of `inputs` in training mode and returns where values first become
/// non-finite: "input", "output of layer 'x'", or "" if all outputs are finite. Checks staa's own
/// layers and the output of the whole network. The pass updates running statistics.
std::string non_finite_layer(const Classifier& network, const torch::Tensor& inputs);

/// A copy of the state that a forward pass changes: buffers and LibTorch's generator. Taken before
/// a step, it can undo the step.
class ForwardState {
 public:
  ForwardState() = default;
  /// `buffers`: copy the buffers too, not only the generator's state.
  ForwardState(const torch::nn::Module& network, bool buffers);

  void restore_generator() const;
  void restore_buffers(const torch::nn::Module& network) const;

 private:
  torch::Tensor generator_;
  std::vector<torch::Tensor> buffers_;
};

}  // namespace staa::train
