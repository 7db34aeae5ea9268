#include "staa/nn/whitening.h"

#include "staa/nn/layers.h"

namespace staa::nn {
namespace {

constexpr std::int64_t kPatch = 2;
constexpr double kLeastVariance = 5e-4;  // keeps axes of next to no variance from blowing up noise

}  // namespace

Whitening::Whitening(std::int64_t channels) {
  const auto axes = channels * kPatch * kPatch;
  weight_ = register_buffer("weight", torch::zeros({2 * axes, channels, kPatch, kPatch}));
}

void Whitening::fit(const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  const auto patches = torch::im2col(images, {kPatch, kPatch}, {1, 1}, {0, 0}, {1, 1})
                           .transpose(1, 2)
                           .flatten(0, 1)
                           .to(torch::kDouble);  // [N * places, C * 4]
  const auto covariance = patches.t().mm(patches) / static_cast<double>(patches.size(0));
  const auto [variances, axes] = torch::linalg_eigh(covariance, "L");
  const auto filters = (axes / torch::sqrt(variances + kLeastVariance).unsqueeze(0)).t();
  const auto shaped = filters.reshape({filters.size(0), -1, kPatch, kPatch});
  weight_.copy_(torch::cat({shaped, -shaped}));
}

torch::Tensor Whitening::forward(const torch::Tensor& x) {
  const torch::NoGradGuard no_grad;  // nothing before it learns
  return over_steps(x,
                    [&](const torch::Tensor& y) { return torch::relu(torch::conv2d(y, weight_)); });
}

}  // namespace staa::nn
