#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "staa/nn/observe.h"
#include "staa/options/training.h"

namespace staa::train {

/// Counts the spikes of a network's training steps and adds the gradient of their budget's penalty
/// to that of the loss. The penalty's gradient is the same for every spike of a layer, so it costs
/// one addition per gradient of a layer's spikes; it passes through the surrogate as any other.
class BudgetKeeper {
 public:
  /// Watches every nn::Neuron of `network`, or for SpikeCost::kAccumulates every
  /// nn::NormedConvolution whose input has a gradient, that is, was made by neurons. Throws
  /// Error(kUsage) where `network` has no such layer.
  BudgetKeeper(torch::nn::Module& network, const SpikeBudget& budget);
  ~BudgetKeeper();
  BudgetKeeper(const BudgetKeeper&) = delete;
  BudgetKeeper& operator=(const BudgetKeeper&) = delete;

  /// Before a step's forward pass: forgets what was counted.
  void begin();

  /// Before its backward pass. `factor` is that of the loss, its scale for one; 0: nothing is
  /// added.
  void set_factor(double factor);

  /// Of the newest forward pass, 0 before the first: spikes by neuron and time step, or accumulates
  /// by dense multiply-add.
  double rate() const;

  /// weight * mean (max(0, rate / target - 1))^2, unscaled.
  double penalty() const;

 private:
  struct Counts;

  void watch(nn::Observable& layer, double cost);

  // Gradient hooks of a graph that is still alive may outlive this.
  std::shared_ptr<Counts> counts_;
  std::vector<nn::Observable*> watched_;
};

}  // namespace staa::train
