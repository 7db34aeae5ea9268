#include "staa/nn/blocks.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>
#include <variant>

#include "staa/nn/children.h"
#include "staa/ops/reference/blocks.h"
#include "staa/util/error.h"

namespace staa::nn {
namespace {

torch::nn::Conv2d conv1x1(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1));
}

/// The child `name`, which must be a 1x1 convolution with a bias, as the operators assume.
std::shared_ptr<torch::nn::Conv2dImpl> pointwise(const torch::nn::Module& block,
                                                 const std::string& name) {
  auto conv = child<torch::nn::Conv2dImpl>(block, name);
  const auto& o = conv->options;
  using std::get_if;  // LibTorch 1.x has its own variant, found by its arguments
  const auto* padding = get_if<torch::ExpandingArray<2>>(&o.padding());
  const bool plain = conv->bias.defined() && o.groups() == 1 && o.kernel_size()->at(0) == 1 &&
                     o.kernel_size()->at(1) == 1 && o.stride()->at(0) == 1 &&
                     o.stride()->at(1) == 1 &&
                     (padding == nullptr || ((*padding)->at(0) == 0 && (*padding)->at(1) == 0));
  if (!plain) {
    fail(ErrorKind::kRuntime, "{}: expected '{}' to be a 1x1 convolution with a bias and no more",
         block.name(), name);
  }
  return conv;
}

}  // namespace

GlobalContextImpl::GlobalContextImpl(std::int64_t channels, std::int64_t reduction, bool zero_start)
    : channels_(channels), reduction_(reduction), zero_start_(zero_start) {
  GlobalContextImpl::reset();
}

void GlobalContextImpl::reset() {
  const auto reduced = std::max<std::int64_t>(1, channels_ / reduction_);
  register_module("key", conv1x1(channels_, 1));
  register_module("query", conv1x1(channels_, reduced));
  register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({reduced})));
  const auto value = register_module("value", conv1x1(reduced, channels_));
  if (zero_start_) {
    const torch::NoGradGuard no_grad;
    value->weight.zero_();
    value->bias.zero_();
  }
}

torch::Tensor GlobalContextImpl::forward(const torch::Tensor& x) {
  return ops::reference::apply_global_context(x, weights());
}

ops::GcParameters GlobalContextImpl::weights() const {
  const auto key = pointwise(*this, "key");
  const auto query = pointwise(*this, "query");
  const auto norm = child<torch::nn::LayerNormImpl>(*this, "norm");
  const auto value = pointwise(*this, "value");
  if (!norm->weight.defined() || norm->options.eps() != 1e-5) {
    fail(ErrorKind::kRuntime, "{}: expected 'norm' to have weight, bias and an eps of 1e-5",
         name());
  }
  return {key->weight,  key->bias,  query->weight, query->bias,
          norm->weight, norm->bias, value->weight, value->bias};
}

StepAttentionImpl::StepAttentionImpl(std::int64_t channels, const NeuronOptions& options)
    : channels_(channels), options_(options) {
  StepAttentionImpl::reset();
}

void StepAttentionImpl::reset() {
  const auto reduced = std::max<std::int64_t>(4, channels_ / options_.sa_reduction);
  register_module("reduce", conv1x1(channels_, reduced));
  register_module("expand", conv1x1(reduced, channels_));
}

torch::Tensor StepAttentionImpl::forward(const torch::Tensor& u) {
  return ops::reference::apply_step_attention(u, weights(), options_);
}

ops::SaParameters StepAttentionImpl::weights() const {
  const auto reduce = pointwise(*this, "reduce");
  const auto expand = pointwise(*this, "expand");
  return {reduce->weight, reduce->bias, expand->weight, expand->bias};
}

}  // namespace staa::nn
