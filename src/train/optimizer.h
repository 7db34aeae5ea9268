#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "staa/recipe/recipe.h"
#include "staa/train/flat_parameters.h"

namespace staa::train {

/// LibTorch's optimiser for a network, with its state by parameter name, as checkpoints hold it.
/// The network's parameters become parts of one tensor. One that a step gives no gradient has a
/// gradient of 0 in it: momentum and weight decay act on it all the same.
class Optimizer {
 public:
  Optimizer(const torch::nn::Module& network, const recipe::OptimizerOptions& options);

  void zero_grad();
  void step();
  /// `value` for all parameters, times options.neuron_lr for those of neurons.
  void set_learning_rate(double value);

  /// Divides all gradients by the scale of the loss they come from. Comes after the backward pass,
  /// before all that reads them.
  void unscale_gradients(double scale);

  /// Whether no gradient holds infinity or NaN. Comes after the backward pass, before step().
  bool gradients_are_finite();

  /// Scales all gradients so that their joint 2-norm is at most `max_norm`. Comes after the
  /// backward pass, before step().
  void clip_gradients(double max_norm);

  /// "PARAMETER/momentum_buffer" and the like; empty before the first step.
  std::map<std::string, torch::Tensor> state() const;

  /// Puts back what state() gave. Throws Error(kInput) when a tensor is missing or does not fit.
  void load_state(const std::map<std::string, torch::Tensor>& state, const std::string& source);

 private:
  /// Parameters of one learning rate.
  struct Group {
    std::vector<std::string> names;
    FlatParameters flat;
  };

  std::vector<Group> groups_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  bool adaptive_ = false;
  double neuron_factor_ = 1;
};

}  // namespace staa::train
