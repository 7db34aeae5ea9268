#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "staa/nn/observe.h"
#include "staa/options/training.h"

namespace staa::train {

/// Counts the spikes of a network's training steps and adds the gradient of the budget's penalty to
/// the gradient of the loss. The penalty's gradient is the same for every spike of a layer, so it
/// costs one addition per spike gradient of a layer; it passes through the surrogate like any
/// other.
class BudgetKeeper {
 public:
  /// Watches every nn::Neuron of `network`, or, for SpikeCost::kAccumulates, every
  /// nn::NormedConvolution whose input has a gradient, that is, comes from neurons. Throws
  /// Error(kUsage) if `network` has no such layer.
  BudgetKeeper(torch::nn::Module& network, const SpikeBudget& budget);
  ~BudgetKeeper();
  BudgetKeeper(const BudgetKeeper&) = delete;
  BudgetKeeper& operator=(const BudgetKeeper&) = delete;

  /// Call it before a step's forward pass: it resets the counts.
  void begin();

  /// Call it before the step's backward pass. `factor` multiplies the penalty as the loss is
  /// multiplied, for example by its scale; 0 adds no penalty.
  void set_factor(double factor);

  /// The rate in the newest forward pass, 0 before the first: spikes per neuron and time step, or
  /// accumulates per dense multiply-add.
  double rate() const;

  /// weight * mean (max(0, rate / target - 1))^2, without the factor.
  double penalty() const;

 private:
  struct Counts;

  void watch(nn::Observable& layer, double cost);

  // Gradient hooks of a graph that is still alive may outlive this.
  std::shared_ptr<Counts> counts_;
  std::vector<nn::Observable*> watched_;
};

}  // namespace staa::train
