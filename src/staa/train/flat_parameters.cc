#include "staa/train/flat_parameters.h"

#include <cstring>

namespace staa::train {
namespace {

/// Copies small tensors with memcpy, as the overhead of LibTorch's copy exceeds the copy itself.
/// Large tensors are left to LibTorch, which uses all threads.
void copy_gradient(const torch::Tensor& from, torch::Tensor& to) {
  constexpr std::size_t kSmall = 1 << 18;
  if (from.is_cpu() && from.strides() == to.strides() && from.scalar_type() == to.scalar_type() &&
      to.nbytes() < kSmall) {
    std::memcpy(to.data_ptr(), from.data_ptr(), to.nbytes());
  } else {
    to.copy_(from);
  }
}

}  // namespace

FlatParameters::FlatParameters(std::vector<torch::Tensor> parameters)
    : parameters_(std::move(parameters)) {
  const torch::NoGradGuard no_grad;
  std::int64_t size = 0;
  for (const auto& parameter : parameters_) {
    offsets_.push_back(size);
    size += parameter.numel();
  }
  values_ = torch::empty(
      {size}, parameters_.empty() ? torch::TensorOptions() : parameters_.front().options());
  gradient_ = torch::zeros_like(values_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto memory = part(values_, i);
    memory.copy_(parameters_[i]);
    parameters_[i].set_data(memory);
    gradients_.push_back(part(gradient_, i));
  }
  values_.mutable_grad() = gradient_;
}

torch::Tensor FlatParameters::part(const torch::Tensor& flat, std::size_t i) const {
  const auto& parameter = parameters_[i];
  const auto values = flat.narrow(0, offsets_[i], parameter.numel());
  // Keep the strides if they leave no gaps: the weights of convolutions are channels-last.
  return parameter.is_non_overlapping_and_dense()
             ? values.as_strided(parameter.sizes(), parameter.strides())
             : values.view(parameter.sizes());
}

void FlatParameters::gather() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto& gradient = parameters_[i].mutable_grad();
    if (gradient.is_same(gradients_[i])) continue;
    if (gradient.defined()) {
      copy_gradient(gradient, gradients_[i]);
    } else {
      gradients_[i].zero_();
    }
    gradient = gradients_[i];
  }
}

void FlatParameters::clear_gradients() {
  for (const auto& parameter : parameters_) parameter.mutable_grad().reset();
}

void FlatParameters::mark_changed() {
  for (const auto& parameter : parameters_) parameter.unsafeGetTensorImpl()->bump_version();
}

}  // namespace staa::train
