#include "staa/nn/plain_layers.h"

#include <variant>

#include "staa/ops/elements.h"

namespace staa::nn {
namespace {

using std::get_if;  // LibTorch 1.x has its own variant, whose get_if is found by its arguments

/// Whether convolve_spikes() supports this layer: equal strides and paddings, and no other options.
bool is_plain(const torch::nn::Conv2dImpl& conv) {
  const auto& o = conv.options;
  const auto* padding = get_if<torch::ExpandingArray<2>>(&o.padding());
  const auto equal = [](const torch::ExpandingArray<2>& pair) {
    return pair->at(0) == pair->at(1);
  };
  return !conv.bias.defined() && o.groups() == 1 && !o.transposed() &&
         get_if<torch::enumtype::kZeros>(&o.padding_mode()) != nullptr &&
         o.dilation()->at(0) == 1 && o.dilation()->at(1) == 1 && equal(o.stride()) &&
         padding != nullptr && equal(*padding);
}

}  // namespace

ops::Convolved convolve(torch::nn::Conv2dImpl& conv, const torch::Tensor& images,
                        torch::ScalarType type, const torch::Tensor& bits) {
  if (!is_plain(conv)) return {conv.forward(images).to(type), {}};
  const auto* padding = get_if<torch::ExpandingArray<2>>(&conv.options.padding());
  return ops::convolve_spikes(images.to(type), conv.weight, conv.options.stride()->at(0),
                              (*padding)->at(0), bits);
}

ops::BatchNorm read_norm(torch::nn::BatchNorm2dImpl& module, const torch::Tensor& like) {
  ops::BatchNorm norm{module.weight, module.bias, module.running_mean, module.running_var};
  if (!norm.weight.defined()) {
    const auto numbers =
        like.options().dtype(ops::compute_type(like.scalar_type())).requires_grad(false);
    norm.weight = torch::ones({module.options.num_features()}, numbers);
    norm.bias = torch::zeros({module.options.num_features()}, numbers);
  }
  norm.eps = module.options.eps();
  norm.training = module.is_training() || !norm.running_mean.defined();
  if (module.is_training() && module.num_batches_tracked.defined()) {
    module.num_batches_tracked += 1;
    // Without a momentum the running statistics are the average over all batches.
    const auto momentum = module.options.momentum();
    norm.momentum = momentum ? *momentum : 1.0 / module.num_batches_tracked.item<double>();
  }
  return norm;
}

}  // namespace staa::nn
