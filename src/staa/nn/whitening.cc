#include "staa/nn/whitening.h"

#include "staa/nn/layers.h"

namespace staa::nn {
namespace {

constexpr std::int64_t kPatch = 2;
constexpr double kLeastVariance = 5e-4;  // avoids amplifying noise along axes of little variance

}  // namespace

WhiteningImpl::WhiteningImpl(std::int64_t channels) : channels_(channels) {
  WhiteningImpl::reset();
}

void WhiteningImpl::reset() {
  const auto axes = channels_ * kPatch * kPatch;
  weight_ = register_buffer("weight", torch::zeros({2 * axes, channels_, kPatch, kPatch}));
}

void WhiteningImpl::fit(const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t kTogether = 64;  // images whose patches are in memory together
  const auto axes_count = weight_.size(0) / 2;
  auto sum = torch::zeros({axes_count, axes_count}, torch::kDouble);
  for (const auto& part : images.split(kTogether)) {
    const auto patches = torch::im2col(part, {kPatch, kPatch}, {1, 1}, {0, 0}, {1, 1})
                             .transpose(1, 2)
                             .flatten(0, 1)
                             .to(torch::kDouble);  // [N * places, C * 4]
    sum += patches.t().mm(patches);
  }
  const auto places = images.size(0) * (images.size(2) - 1) * (images.size(3) - 1);
  const auto covariance = sum / static_cast<double>(places);
  const auto [variances, axes] = torch::linalg_eigh(covariance, "L");
  const auto filters = (axes / torch::sqrt(variances + kLeastVariance).unsqueeze(0)).t();
  const auto shaped = filters.reshape({filters.size(0), -1, kPatch, kPatch});
  weight_.copy_(torch::cat({shaped, -shaped}));
}

torch::Tensor WhiteningImpl::forward(const torch::Tensor& x) {
  const torch::NoGradGuard no_grad;  // nothing before the stem learns
  auto out =
      over_steps(x, [&](const torch::Tensor& y) { return torch::relu(torch::conv2d(y, weight_)); });
  notify(x, out);
  return out;
}

}  // namespace staa::nn
