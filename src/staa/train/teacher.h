#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "staa/options/training.h"
#include "staa/train/classifier.h"
#include "staa/train/weight_copy.h"

namespace staa::train {

/// The network as it stood at the end of its epochs with ReLU, which teaches the same network with
/// spikes: its class probabilities are a share of the loss's targets (FitOptions::distill).
class Teacher {
 public:
  /// Throws Error(kUsage) if `phases` do not lead from ReLU to spikes.
  Teacher(const Classifier& network, const std::vector<PhaseFrom>& phases);

  /// Whether the network with spikes is trained in `epoch`, counted from 0.
  bool teaches(std::int64_t epoch) const { return epoch >= first_taught_; }

  /// Copies the network's current weights. Call it when the epochs with ReLU are over.
  void take() { weights_.take(); }

  /// Class probabilities [B, K] of a batch, averaged over time, in evaluation mode. Afterwards the
  /// network is in training mode and in the phase of `epoch`.
  torch::Tensor probabilities(const torch::Tensor& inputs, std::int64_t epoch);

  WeightCopy& weights() { return weights_; }
  const WeightCopy& weights() const { return weights_; }

 private:
  Classifier network_;
  const std::vector<PhaseFrom>& phases_;
  std::int64_t first_taught_;
  WeightCopy weights_;
};

}  // namespace staa::train
