#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>

#include <vector>

namespace staa::train {

/// A BatchNorm module of LibTorch with any number of dimensions.
struct BatchNormView {
  torch::nn::BatchNormOptions* options;
  torch::Tensor running_mean;  ///< undefined, like the next two, if no statistics are tracked
  torch::Tensor running_var;
  torch::Tensor num_batches_tracked;
};

/// The BatchNorm modules in `network`, in the order of its modules.
std::vector<BatchNormView> batch_norms_of(const torch::nn::Module& network);

}  // namespace staa::train
