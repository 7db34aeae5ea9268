#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace staa::train {

/// An exponential moving average of a network's parameters and BatchNorm statistics:
/// average += (1 - d) (value - average) after each step, where d = min(decay, (1 + n) / (10 + n))
/// in step n, so that the start is forgotten soon.
class WeightAverage {
 public:
  /// Starts as the network is.
  WeightAverage(const torch::nn::Module& network, double decay);

  void update();
  /// Starts anew from the network as it is.
  void restart();
  /// Puts the averages in the place of the network's own values.
  void put();

  /// While it lives, the network has the averages in place of its own values.
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

  /// By the names of parameters and buffers.
  const std::map<std::string, torch::Tensor>& averages() const { return averages_; }
  std::int64_t updates() const { return updates_; }
  /// Those of BatchNorm's running statistics.
  std::vector<torch::Tensor> statistics() const;

  /// Puts back what averages() and updates() gave. Throws Error(kInput) naming `source` where a
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
