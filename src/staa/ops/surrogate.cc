#include "staa/ops/surrogate.h"

#include <torch/autograd.h>

#include <cmath>

namespace staa::ops {
namespace {

struct Spike : torch::autograd::Function<Spike> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& membrane, double threshold,
                               std::int64_t surrogate, double width, double scale) {
    context->save_for_backward({membrane});
    context->saved_data["threshold"] = threshold;
    context->saved_data["surrogate"] = surrogate;
    context->saved_data["width"] = width;
    context->saved_data["scale"] = scale;
    return membrane.ge(threshold).to(membrane.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto membrane = context->get_saved_variables()[0];
    auto derivative =
        surrogate_derivative(membrane - context->saved_data["threshold"].toDouble(),
                             static_cast<Surrogate>(context->saved_data["surrogate"].toInt()),
                             context->saved_data["width"].toDouble());
    const auto scale = context->saved_data["scale"].toDouble();
    if (scale != 1) derivative = derivative * scale;
    return {gradients[0] * derivative, {}, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor surrogate_derivative(const torch::Tensor& x, Surrogate surrogate, double width) {
  const double a = width;
  switch (surrogate) {
    case Surrogate::kRectangle:
      return x.abs().lt(a / 2).to(x.scalar_type()).mul_(1 / a);
    case Surrogate::kTriangle:
      return (1 - x.abs() / a).clamp_min_(0).div_(a);
    case Surrogate::kSigmoid: {
      const auto s = torch::sigmoid(x * (4 / a));
      return s * (1 - s) * (4 / a);
    }
    case Surrogate::kArctan:
      return (1 + (x * (M_PI / a)).square()).reciprocal_().div_(a);
    case Surrogate::kFastSigmoid:
      return (1 + x.abs() * (2 / a)).square().reciprocal_().div_(a);
  }
  TORCH_INTERNAL_ASSERT(false, "unknown surrogate");
}

torch::Tensor spike(const torch::Tensor& membrane, double threshold, Surrogate surrogate,
                    double width, double scale) {
  return Spike::apply(membrane, threshold, static_cast<std::int64_t>(surrogate), width, scale);
}

}  // namespace staa::ops
