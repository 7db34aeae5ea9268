#include "staa/ops/once_differentiable.h"

#include <string>
#include <utility>

#include "staa/util/error.h"

namespace staa::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Returns the first `count` of its tensors; the others only connect them to the graph.
struct NoDerivative : torch::autograd::Function<NoDerivative> {
  static variable_list forward(AutogradContext* context, at::TensorList tensors, std::int64_t count,
                               const std::string& op) {
    context->saved_data["op"] = op;
    return tensors.slice(0, static_cast<std::size_t>(count)).vec();
  }

  static variable_list backward(AutogradContext* context, variable_list /*gradients*/) {
    fail(ErrorKind::kRuntime,
         "staa: the gradients of {} cannot be differentiated once more: their fused backward pass "
         "has no derivative",
         context->saved_data["op"].toStringRef());
  }
};

}  // namespace

variable_list once_differentiable(const char* op, variable_list gradients,
                                  const variable_list& sources) {
  if (!torch::GradMode::is_enabled()) return gradients;
  variable_list all;
  for (const auto& gradient : gradients) {
    if (gradient.defined()) all.push_back(gradient);
  }
  const auto count = all.size();
  for (const auto& source : sources) {
    if (source.defined()) all.push_back(source);
  }
  // Sources may be copies that the graph does not know. This one always makes it record the node.
  all.push_back(torch::zeros({}).requires_grad_(true));
  auto given =
      NoDerivative::apply(at::TensorList(all), static_cast<std::int64_t>(count), std::string(op));
  auto next = given.begin();
  for (auto& gradient : gradients) {
    if (gradient.defined()) gradient = std::move(*next++);
  }
  return gradients;
}

}  // namespace staa::ops
