#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "staa/train/weight_copy.h"

namespace staa::train {

/// An exponential moving average of a network's parameters and BatchNorm statistics. Step n updates
/// average += (1 - d) (value - average) with d = min(decay, (1 + n) / (10 + n)), so that the
/// initial weights are forgotten quickly.
class WeightAverage : public WeightCopy {
 public:
  /// Starts from the network's current values.
  WeightAverage(const torch::nn::Module& network, double decay);

  void update();
  /// Starts anew from the network's current values.
  void restart();

  std::int64_t updates() const { return updates_; }
  /// The averages of BatchNorm's running statistics.
  std::vector<torch::Tensor> statistics() const;

  /// Restores the results of copies() and updates(). Throws the errors of WeightCopy::load().
  void load(const std::map<std::string, torch::Tensor>& averages, std::int64_t updates,
            const std::string& source);

 private:
  double decay_;
  std::int64_t updates_ = 0;
};

}  // namespace staa::train
