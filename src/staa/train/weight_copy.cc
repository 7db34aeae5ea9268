#include "staa/train/weight_copy.h"

#include <utility>

#include "staa/util/error.h"

namespace staa::train {

WeightCopy::WeightCopy(const torch::nn::Module& network, std::string what)
    : what_(std::move(what)) {
  for (const auto& item : network.named_parameters()) values_[item.key()] = item.value().detach();
  for (const auto& item : network.named_buffers()) {
    if (item.value().is_floating_point()) values_[item.key()] = item.value();
  }
  take();
}

void WeightCopy::take() {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, value] : values_) copies_[name] = value.clone();
}

void WeightCopy::put() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : values_) value.copy_(copies_.at(name));
}

WeightCopy::InPlace::InPlace(WeightCopy& copy) : copy_(copy) {
  for (const auto& [name, value] : copy_.values_) own_[name] = value.clone();
  copy_.put();
}

WeightCopy::InPlace::~InPlace() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : copy_.values_) value.copy_(own_.at(name));
}

void WeightCopy::load(const std::map<std::string, torch::Tensor>& copies,
                      const std::string& source) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, copy] : copies_) {
    const auto found = copies.find(name);
    if (found == copies.end() || found->second.sizes() != copy.sizes()) {
      fail(ErrorKind::kInput, "{}: the {} '{}' is missing or does not fit", source, what_, name);
    }
  }
  for (auto& [name, copy] : copies_) copy.copy_(copies.at(name));
}

}  // namespace staa::train
