#include "staa/train/weight_average.h"

#include <algorithm>

#include "staa/util/error.h"

namespace staa::train {

WeightAverage::WeightAverage(const torch::nn::Module& network, double decay) : decay_(decay) {
  for (const auto& item : network.named_parameters()) values_[item.key()] = item.value().detach();
  for (const auto& item : network.named_buffers()) {
    if (item.value().is_floating_point()) values_[item.key()] = item.value();
  }
  restart();
}

void WeightAverage::update() {
  const torch::NoGradGuard no_grad;
  const auto n = static_cast<double>(updates_++);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  for (auto& [name, average] : averages_) average.lerp_(values_.at(name), 1 - decay);
}

std::vector<torch::Tensor> WeightAverage::statistics() const {
  std::vector<torch::Tensor> found;
  for (const auto& [name, average] : averages_) {
    if (name.find(".running_") != std::string::npos) found.push_back(average);
  }
  return found;
}

void WeightAverage::restart() {
  const torch::NoGradGuard no_grad;
  updates_ = 0;
  for (const auto& [name, value] : values_) averages_[name] = value.clone();
}

void WeightAverage::put() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : values_) value.copy_(averages_.at(name));
}

WeightAverage::InPlace::InPlace(WeightAverage& average) : average_(average) {
  for (const auto& [name, value] : average_.values_) own_[name] = value.clone();
  average_.put();
}

WeightAverage::InPlace::~InPlace() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : average_.values_) value.copy_(own_.at(name));
}

void WeightAverage::load(const std::map<std::string, torch::Tensor>& averages, std::int64_t updates,
                         const std::string& source) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, average] : averages_) {
    const auto found = averages.find(name);
    if (found == averages.end() || found->second.sizes() != average.sizes()) {
      fail(ErrorKind::kInput, "{}: the averaged weight of '{}' is missing or does not fit", source,
           name);
    }
  }
  for (auto& [name, average] : averages_) average.copy_(averages.at(name));
  updates_ = updates;
}

}  // namespace staa::train
