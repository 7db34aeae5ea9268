#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "staa/options/training.h"

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
///   convolution    weights of convolutions, and of linear layers other than the head
///   head           the last linear layer; its bias decays as the shifts of norms do
///   norm_scale     scales of BatchNorm, LayerNorm and GroupNorm, but for those in neurons
///   norm_shift     their shifts; biases and whatever else is a vector
///   neuron_vector  PE, LayerNorms, biases, decays and gains of neurons
///   neuron_matrix  1x1 convolutions of GC and SA
/// Each class has a factor on the learning rate and one on weight decay in `options`. With Muon the
/// weights of convolutions are its own and learn at options.lr, all else at options.rest_lr: Muon
/// keeps the size of a weight fixed, which suits a convolution with a norm behind it.
///
/// With options.scale_gc_value the value convolution of GC, whose output of R weights joins the
/// membrane behind no normalisation, learns at a smaller rate: times 1 / (0.4 R) with AdamW, whose
/// steps are of one size for every weight, and sqrt(2 / R) with SGD; never more than 1.
std::vector<ParameterGroup> group_parameters(const torch::nn::Module& network,
                                             const OptimizerOptions& options);

}  // namespace staa::train
