#include "staa/ops/reference/input.h"

#include "staa/ops/elements.h"

namespace staa::ops::reference {
namespace {

torch::Tensor normalised(const Current& current) {
  const auto& norm = current.norm;
  const auto values = current.values.to(compute_type(current.values.scalar_type()));
  if (!norm.defined()) return values;
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
