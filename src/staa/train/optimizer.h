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

/// Trains a network's parameters by their classes (parameter_classes.h): LibTorch's SGD or AdamW,
/// or Muon for the convolutions and one of them for the rest. State is by parameter name, as
/// checkpoints hold it. The network's parameters become parts of one tensor. One that a step gives
/// no gradient has a gradient of 0 in it: momentum and weight decay act on it all the same.
class Optimizer {
 public:
  Optimizer(const torch::nn::Module& network, const OptimizerOptions& options);

  void zero_grad();
  void step();
  /// `value` in place of options.lr; the rates of all groups follow in proportion.
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
  /// Parameters that are trained alike.
  struct Group {
    Algorithm algorithm;
    double lr;
    std::vector<std::string> names;
    FlatParameters flat;
    std::unique_ptr<Muon> muon;  // null: LibTorch's optimiser has the group
  };

  std::vector<Group> groups_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;  // of all groups but Muon's; may be null
  bool adaptive_ = false;
  double lr_;            // the base of all rates
  double relative_ = 1;  // of the rate now to the base
};

}  // namespace staa::train
