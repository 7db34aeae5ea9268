#include "staa/ops/once_differentiable.h"

#include <torch/csrc/autograd/functions/basic_ops.h>

#include <string>
#include <utility>

namespace staa::ops {

torch::autograd::variable_list once_differentiable(const char* op,
                                                   torch::autograd::variable_list gradients) {
  if (!torch::GradMode::is_enabled()) return gradients;
  for (auto& gradient : gradients) {
    if (gradient.defined()) gradient = gradient.detach().requires_grad_(true);
  }
  torch::autograd::DelayedError error(
      std::string("staa: the gradients of ") + op +
          " cannot be differentiated once more: their fused backward pass has no derivative",
      static_cast<int>(gradients.size()));
  return error.apply(std::move(gradients));
}

}  // namespace staa::ops
