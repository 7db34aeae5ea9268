#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "staa/options/training.h"

namespace staa::train {

/// The rule by which an optimiser makes a step.
enum class Algorithm { kSgd, kAdamW, kMuon };

/// Parameters that share an algorithm, a learning rate and a weight decay.
struct ParameterGroup {
  Algorithm algorithm = Algorithm::kSgd;
  double lr = 0;  ///< learning rate when the schedule is at optimizer.lr
  double weight_decay = 0;
  std::vector<std::string> names;
  std::vector<torch::Tensor> tensors;
};

/// Divides the parameters of a network into classes:
///   convolution    weights of convolutions, and of linear layers other than the head
///   head           the last linear layer; its bias decays like norm_shift
///   norm_scale     scales of BatchNorm, LayerNorm and GroupNorm, except those in neurons
///   norm_shift     their shifts; biases and all other vectors
///   neuron_vector  PE, LayerNorms, biases, decays and gains of neurons
///   neuron_matrix  1x1 convolutions of GC and SA
/// `options` has a factor on the learning rate and one on the weight decay for each class. With
/// Muon, the weights of convolutions are trained by Muon at options.lr and everything else at
/// options.rest_lr: Muon keeps the norm of a weight fixed, which suits a convolution that is
/// followed by a normalisation.
///
/// With options.scale_gc_value, the value convolution of GC learns at a smaller rate, since its
/// output, a sum over R weights, joins the membrane without a normalisation. The factor is 1 / (0.4
/// R) with AdamW, whose steps have the same size for every weight, and sqrt(2 / R) with SGD; it is
/// never above 1.
std::vector<ParameterGroup> group_parameters(const torch::nn::Module& network,
                                             const OptimizerOptions& options);

}  // namespace staa::train
