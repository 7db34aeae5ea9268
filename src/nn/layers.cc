#include "staa/nn/layers.h"

#include <cmath>

#include "staa/ops/average_pool.h"
#include "staa/ops/spike_convolution.h"

namespace staa::nn {

torch::Tensor average_pool2(const torch::Tensor& x) { return over_steps(x, ops::average_pool2); }

namespace {

/// A BatchNorm module as the operators take it, counting a batch in training as the module does.
ops::BatchNorm read_norm(torch::nn::BatchNorm2dImpl& module) {
  ops::BatchNorm norm{module.weight, module.bias, module.running_mean, module.running_var};
  norm.eps = module.options.eps();
  norm.training = module.is_training();
  if (norm.training) {
    module.num_batches_tracked += 1;
    // Without a momentum the running statistics are the mean over all batches.
    const auto momentum = module.options.momentum();
    norm.momentum = momentum ? *momentum : 1.0 / module.num_batches_tracked.item<double>();
  }
  return norm;
}

/// What a convolution of `values` computes in. fp16 is for CUDA: a network that was trained there
/// runs in its own type elsewhere.
torch::ScalarType convolution_type(Precision precision, const torch::Tensor& values) {
  if (precision == Precision::kBf16) return torch::kBFloat16;
  if (precision == Precision::kFp16 && values.is_cuda()) return torch::kHalf;
  return values.scalar_type();
}

}  // namespace

ConvNorm::ConvNorm(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                   const ExecutionOptions& execution)
    : stride_(stride), execution_(execution) {
  conv_ = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                                                        .stride(stride)
                                                        .padding(kernel / 2)
                                                        .bias(false)));
  norm_ = register_module("norm", torch::nn::BatchNorm2d(out));
  torch::NoGradGuard no_grad;
  conv_->weight.normal_(0, std::sqrt(2.0 / static_cast<double>(kernel * kernel * out)));
  conv_->weight.set_data(conv_->weight.contiguous(torch::MemoryFormat::ChannelsLast));
}

ops::Current ConvNorm::forward(const ops::Spikes& x) {
  const auto& values = x.values;
  const auto images = values.to(convolution_type(execution_.precision, values));
  auto y =
      ops::convolve_spikes(images.flatten(0, 1), conv_->weight, stride_, conv_->weight.size(2) / 2,
                           x.bits.defined() ? x.bits.flatten(0, 1) : torch::Tensor());
  const auto& shape = y.values.sizes();
  ops::Current current(
      y.values.view({values.size(0), values.size(1), shape[1], shape[2], shape[3]}),
      read_norm(*norm_));
  current.norm.sum = sum_;
  if (execution_.memory == MemoryUse::kLow) current.again = std::move(y.again);
  notify(values, current.values);
  return current;
}

ConvNeuron::ConvNeuron(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                       std::int64_t steps, const NeuronOptions& options,
                       const ExecutionOptions& execution)
    : ConvNorm(in, out, kernel, stride, execution),
      steps_(steps),
      neuron_(register_module("neuron", make_neuron(options, out, steps))) {}

ops::Spikes ConvNeuron::forward(const ops::Spikes& x, const ops::Current& residual) {
  const auto main = ConvNorm::forward(x);
  const auto steps = x.values.size(0) == 1 ? steps_ : x.values.size(0);
  return neuron_->spikes(ops::NeuronInput(main, residual, steps));
}

Head::Head(std::int64_t in, std::int64_t classes) {
  linear_ = register_module("linear", torch::nn::Linear(in, classes));
  torch::NoGradGuard no_grad;
  linear_->weight.normal_(0, 1.0 / static_cast<double>(in));
  linear_->bias.zero_();
}

torch::Tensor Head::forward(const torch::Tensor& x) {
  const auto pooled = x.mean({3, 4}, /*keepdim=*/false, linear_->weight.scalar_type());
  auto logits = linear_->forward(pooled);
  notify(pooled, logits);
  return logits;
}

}  // namespace staa::nn
