#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "staa/recipe/recipe.h"

namespace staa::train {

/// LibTorch's optimiser for a network, with its state by parameter name, as checkpoints hold it.
class Optimizer {
 public:
  Optimizer(const torch::nn::Module& network, const recipe::OptimizerOptions& options);

  void zero_grad();
  void step();
  /// `value` for all parameters, times options.neuron_lr for those of neurons.
  void set_learning_rate(double value);

  /// Scales all gradients so that their joint 2-norm is at most `max_norm`.
  void clip_gradients(double max_norm);

  /// "PARAMETER/momentum_buffer" and the like; empty before the first step.
  std::map<std::string, torch::Tensor> state() const;

  /// Puts back what state() gave. Throws Error(kInput) when a tensor is missing or does not fit.
  void load_state(const std::map<std::string, torch::Tensor>& state, const std::string& source);

 private:
  std::vector<std::string> names_;
  std::vector<torch::Tensor> parameters_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  bool adaptive_ = false;
  double neuron_factor_ = 1;
};

}  // namespace staa::train
