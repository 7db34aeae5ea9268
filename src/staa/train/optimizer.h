#pragma once

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "staa/options/training.h"
#include "staa/train/flat_parameters.h"
#include "staa/train/muon.h"
#include "staa/train/parameter_classes.h"

namespace staa::train {

/// Trains a network's parameters by class (see parameter_classes.h) with LibTorch's SGD or AdamW,
/// or with Muon for convolutions and one of the two for the rest. The network's parameters become
/// views of flat tensors. A parameter that gets no gradient in a step counts as having a zero
/// gradient, so momentum and weight decay still act on it. State is keyed by parameter name, as in
/// checkpoints.
class Optimizer {
 public:
  Optimizer(const torch::nn::Module& network, const OptimizerOptions& options);

  void zero_grad();
  void step();
  /// Replaces options.lr by `value`; the learning rates of all groups change in proportion.
  void set_learning_rate(double value);

  /// Divides all gradients by the factor that the loss was scaled by. Call it after the backward
  /// pass and before anything reads the gradients.
  void unscale_gradients(double scale);

  /// Whether all gradients are finite. Call it after the backward pass, before step().
  bool gradients_are_finite();

  /// Scales all gradients so that their joint 2-norm is at most `max_norm`. Call it after the
  /// backward pass, before step().
  void clip_gradients(double max_norm);

  /// Tensors named "PARAMETER/momentum_buffer" and the like; empty before the first step.
  std::map<std::string, torch::Tensor> state() const;

  /// Restores the result of state(). Throws Error(kInput) if a tensor is missing or does not fit.
  void load_state(const std::map<std::string, torch::Tensor>& state, const std::string& source);

 private:
  /// Parameters that share an algorithm and its settings.
  struct Group {
    Algorithm algorithm;
    double lr;
    std::vector<std::string> names;
    FlatParameters flat;
    std::unique_ptr<Muon> muon;  // null if LibTorch's optimiser trains the group
  };

  std::vector<Group> groups_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;  // for all groups except Muon's; may be null
  bool adaptive_ = false;
  double lr_;            // base learning rate
  double relative_ = 1;  // ratio of the current learning rate to the base
};

}  // namespace staa::train
