#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace staa::train {

/// An exponential moving average of a network's parameters and BatchNorm statistics. Step n updates
/// average += (1 - d) (value - average) with d = min(decay, (1 + n) / (10 + n)), so that the
/// initial weights are forgotten quickly.
class WeightAverage {
 public:
  /// Starts from the network's current values.
  WeightAverage(const torch::nn::Module& network, double decay);

  void update();
  /// Starts anew from the network's current values.
  void restart();
  /// Replaces the network's own values by the averages.
  void put();

  /// While it lives, the averages replace the network's own values.
  class InPlace {
   public:
    explicit InPlace(WeightAverage& average);
    ~InPlace();
    InPlace(const InPlace&) = delete;
    InPlace& operator=(const InPlace&) = delete;

   private:
    WeightAverage& average_;
    std::map<std::string, torch::Tensor> own_;
  };

  /// The averages, by the names of parameters and buffers.
  const std::map<std::string, torch::Tensor>& averages() const { return averages_; }
  std::int64_t updates() const { return updates_; }
  /// The averages of BatchNorm's running statistics.
  std::vector<torch::Tensor> statistics() const;

  /// Restores the results of averages() and updates(). Throws Error(kInput) naming `source` if a
  /// tensor is missing or does not fit.
  void load(const std::map<std::string, torch::Tensor>& averages, std::int64_t updates,
            const std::string& source);

 private:
  double decay_;
  std::int64_t updates_ = 0;
  std::map<std::string, torch::Tensor> values_;  // the network's own
  std::map<std::string, torch::Tensor> averages_;
};

}  // namespace staa::train
