#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "staa/recipe/recipe.h"

namespace staa::train {

/// How an optimiser makes a step.
enum class Algorithm { kSgd, kAdamW, kMuon };

/// Parameters that are trained alike.
struct ParameterGroup {
  Algorithm algorithm = Algorithm::kSgd;
  double lr = 0;  ///< where the schedule gives optimizer.lr
  double weight_decay = 0;
  std::vector<std::string> names;
  std::vector<torch::Tensor> tensors;
};

/// Divides the parameters of a network by their class:
///   convolution    weights of convolutions
///   head           a linear layer; its bias decays as BatchNorm's shifts do
///   norm_scale     BatchNorm's scales
///   norm_shift     BatchNorm's shifts
///   neuron_vector  PE, LayerNorms, biases, decays and gains of neurons
///   neuron_matrix  1x1 convolutions of GC and SA
/// Each class has a factor on the learning rate and one on weight decay in `options`. With Muon the
/// convolutions are its own and learn at options.lr, all else at options.rest_lr.
///
/// With options.scale_gc_value the value convolution of GC, whose output of R weights joins the
/// membrane behind no normalisation, learns at a smaller rate: times 1 / (0.4 R) with AdamW, whose
/// steps are of one size for every weight, and sqrt(2 / R) with SGD; never more than 1.
std::vector<ParameterGroup> group_parameters(const torch::nn::Module& network,
                                             const recipe::OptimizerOptions& options);

}  // namespace staa::train
