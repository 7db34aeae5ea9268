#include "staa/train/weight_average.h"

#include <algorithm>

namespace staa::train {

WeightAverage::WeightAverage(const torch::nn::Module& network, double decay)
    : WeightCopy(network, "averaged weight"), decay_(decay) {}

void WeightAverage::update() {
  const torch::NoGradGuard no_grad;
  const auto n = static_cast<double>(updates_++);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  for (auto& [name, average] : copies_) average.lerp_(values_.at(name), 1 - decay);
}

std::vector<torch::Tensor> WeightAverage::statistics() const {
  std::vector<torch::Tensor> found;
  for (const auto& [name, average] : copies()) {
    if (name.find(".running_") != std::string::npos) found.push_back(average);
  }
  return found;
}

void WeightAverage::restart() {
  updates_ = 0;
  take();
}

void WeightAverage::load(const std::map<std::string, torch::Tensor>& averages, std::int64_t updates,
                         const std::string& source) {
  WeightCopy::load(averages, source);
  updates_ = updates;
}

}  // namespace staa::train
