#include "staa/train/muon.h"

#include <cmath>

namespace staa::train {

torch::Tensor orthogonalise(const torch::Tensor& gradient, int steps) {
  constexpr double kA = 3.4445;
  constexpr double kB = -4.7750;
  constexpr double kC = 2.0315;
  const bool tall = gradient.size(0) > gradient.size(1);
  auto x = tall ? gradient.t() : gradient;
  x = x / (x.norm() + 1e-7);  // makes all singular values at most 1
  for (int i = 0; i < steps; ++i) {
    const auto a = x.mm(x.t());
    const auto b = torch::addmm(a, a, a, kB, kC);  // b A + c A^2
    x = torch::addmm(x, b, x, kA, 1);
  }
  return tall ? x.t() : x;
}

Muon::Muon(std::vector<torch::Tensor> weights, double momentum)
    : weights_(std::move(weights)), momentum_(momentum) {
  for (const auto& weight : weights_) buffers_.push_back(torch::zeros_like(weight));
}

void Muon::step(double lr) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    auto& weight = weights_[i];
    const auto& gradient = weight.grad();
    if (!gradient.defined()) continue;
    buffers_[i].mul_(momentum_).add_(gradient);
    const auto direction = gradient.add(buffers_[i], momentum_);
    const auto out = weight.size(0);
    // The product of rows does not depend on the order within a row, so a channels-last weight can
    // be read in its memory order.
    const auto matrix = direction.permute({0, 2, 3, 1}).reshape({out, -1});
    const auto update = orthogonalise(matrix)
                            .view({out, weight.size(2), weight.size(3), weight.size(1)})
                            .permute({0, 3, 1, 2});
    weight.mul_(std::sqrt(static_cast<double>(out)) / (weight.norm() + 1e-7));
    weight.sub_(update, lr);
  }
}

}  // namespace staa::train
