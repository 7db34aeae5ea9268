#include "staa/nn/blocks.h"

#include <algorithm>

#include "staa/ops/reference/blocks.h"

namespace staa::nn {
namespace {

torch::nn::Conv2d conv1x1(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1));
}

}  // namespace

GlobalContextImpl::GlobalContextImpl(std::int64_t channels, std::int64_t reduction,
                                     bool zero_start) {
  const auto reduced = std::max<std::int64_t>(1, channels / reduction);
  key_ = register_module("key", conv1x1(channels, 1));
  query_ = register_module("query", conv1x1(channels, reduced));
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({reduced})));
  value_ = register_module("value", conv1x1(reduced, channels));
  if (zero_start) {
    const torch::NoGradGuard no_grad;
    value_->weight.zero_();
    value_->bias.zero_();
  }
}

torch::Tensor GlobalContextImpl::forward(const torch::Tensor& x) {
  return ops::reference::apply_global_context(x, weights());
}

ops::GcParameters GlobalContextImpl::weights() const {
  return {key_->weight,  key_->bias,  query_->weight, query_->bias,
          norm_->weight, norm_->bias, value_->weight, value_->bias};
}

StepAttentionImpl::StepAttentionImpl(std::int64_t channels, const NeuronOptions& options)
    : options_(options) {
  const auto reduced = std::max<std::int64_t>(4, channels / options.sa_reduction);
  reduce_ = register_module("reduce", conv1x1(channels, reduced));
  expand_ = register_module("expand", conv1x1(reduced, channels));
}

torch::Tensor StepAttentionImpl::forward(const torch::Tensor& u) {
  return ops::reference::apply_step_attention(u, weights(), options_);
}

ops::SaParameters StepAttentionImpl::weights() const {
  return {reduce_->weight, reduce_->bias, expand_->weight, expand_->bias};
}

}  // namespace staa::nn
