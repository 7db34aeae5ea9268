#include "staa/train/batch_norms.h"

namespace staa::train {
namespace {

template <class Norm>
bool add(torch::nn::Module& module, std::vector<BatchNormView>& found) {
  auto* norm = dynamic_cast<Norm*>(&module);
  if (norm == nullptr) return false;
  found.push_back(
      {&norm->options, norm->running_mean, norm->running_var, norm->num_batches_tracked});
  return true;
}

}  // namespace

std::vector<BatchNormView> batch_norms_of(const torch::nn::Module& network) {
  std::vector<BatchNormView> found;
  for (const auto& module : network.modules()) {
    add<torch::nn::BatchNorm2dImpl>(*module, found) ||
        add<torch::nn::BatchNorm1dImpl>(*module, found) ||
        add<torch::nn::BatchNorm3dImpl>(*module, found);
  }
  return found;
}

}  // namespace staa::train
