#include "staa/ops/reference/input.h"

#include <torch/autograd.h>

#include "staa/ops/elements.h"

namespace staa::ops::reference {
namespace {

/// The sum of a tensor over all processes. Each process's share affects the losses of all of them,
/// so the gradients are summed as well.
struct SharedSum : torch::autograd::Function<SharedSum> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& tensor,
                               const std::shared_ptr<SumOverProcesses>& sum) {
    context->saved_data["sum"] = torch::IValue::make_capsule(c10::make_intrusive<Holder>(sum));
    auto all = tensor.clone();
    (*sum)(all);
    return all;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto capsule = context->saved_data["sum"].toCapsule();
    auto all = gradients[0].clone();
    (*static_cast<const Holder&>(*capsule).sum)(all);
    return {all, torch::Tensor()};
  }

 private:
  struct Holder : torch::CustomClassHolder {
    explicit Holder(std::shared_ptr<SumOverProcesses> function) : sum(std::move(function)) {}
    std::shared_ptr<SumOverProcesses> sum;
  };
};

/// BatchNorm in training with the statistics of the values [N, C, H, W] of all processes.
torch::Tensor shared_batch_norm(const torch::Tensor& values, const BatchNorm& norm) {
  const auto sum = std::make_shared<SumOverProcesses>(norm.sum);
  const auto per_channel = [](const torch::Tensor& x) { return x.view({1, -1, 1, 1}); };
  auto size = torch::full({1}, static_cast<double>(values.numel() / values.size(1)),
                          values.options().dtype(torch::kDouble));
  norm.sum(size);
  const auto count = size.item<double>();
  const auto mean = SharedSum::apply(values.sum({0, 2, 3}), sum) / count;
  const auto centred = values - per_channel(mean);
  const auto variance = SharedSum::apply(centred.square().sum({0, 2, 3}), sum) / count;
  if (norm.running_mean.defined()) {
    const torch::NoGradGuard no_grad;
    norm.running_mean.lerp_(mean, norm.momentum);
    norm.running_var.lerp_(variance * (count / std::max(1.0, count - 1)), norm.momentum);
  }
  return centred * per_channel(torch::rsqrt(variance + norm.eps) * norm.weight) +
         per_channel(norm.bias);
}

torch::Tensor normalised(const Current& current) {
  const auto& norm = current.norm;
  const auto values = current.values.to(compute_type(current.values.scalar_type()));
  if (!norm.defined()) return values;
  if (norm.training && norm.sum) {
    return shared_batch_norm(values.flatten(0, 1), norm).view(current.values.sizes());
  }
  const auto y = torch::batch_norm(values.flatten(0, 1), norm.weight, norm.bias, norm.running_mean,
                                   norm.running_var, norm.training, norm.momentum, norm.eps,
                                   /*cudnn_enabled=*/true);
  return y.view(current.values.sizes());
}

}  // namespace

torch::Tensor compose(const NeuronInput& input) {
  auto x = normalised(input.main);
  if (input.residual.defined()) x = x + normalised(input.residual);
  const auto steps = input.steps();
  return x.size(0) == steps ? x : x.expand({steps, -1, -1, -1, -1});
}

}  // namespace staa::ops::reference
