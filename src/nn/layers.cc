#include "staa/nn/layers.h"

#include <cmath>

#include "staa/nn/children.h"
#include "staa/nn/plain_layers.h"
#include "staa/ops/average_pool.h"

namespace staa::nn {

torch::Tensor average_pool2(const torch::Tensor& x) { return over_steps(x, ops::average_pool2); }

namespace {

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
    : execution_(execution) {
  const auto conv =
      register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                                                    .stride(stride)
                                                    .padding(kernel / 2)
                                                    .bias(false)));
  register_module("norm", torch::nn::BatchNorm2d(out));
  torch::NoGradGuard no_grad;
  conv->weight.normal_(0, std::sqrt(2.0 / static_cast<double>(kernel * kernel * out)));
  conv->weight.set_data(conv->weight.contiguous(torch::MemoryFormat::ChannelsLast));
}

torch::Tensor ConvNorm::weight() const {
  return child<torch::nn::Conv2dImpl>(*this, "conv")->weight;
}

std::int64_t ConvNorm::stride() const {
  return child<torch::nn::Conv2dImpl>(*this, "conv")->options.stride()->at(0);
}

ops::Current ConvNorm::forward(const ops::Spikes& x) {
  const auto& values = x.values;
  auto y = convolve(*child<torch::nn::Conv2dImpl>(*this, "conv"), values.flatten(0, 1),
                    convolution_type(execution_.precision, values),
                    x.bits.defined() ? x.bits.flatten(0, 1) : torch::Tensor());
  const auto& shape = y.values.sizes();
  ops::Current current(
      y.values.view({values.size(0), values.size(1), shape[1], shape[2], shape[3]}),
      read_norm(*child<torch::nn::BatchNorm2dImpl>(*this, "norm"), y.values));
  current.norm.sum = sum_;
  if (execution_.memory == MemoryUse::kLow) current.again = std::move(y.again);
  notify(values, current.values);
  return current;
}

ConvNeuron::ConvNeuron(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                       std::int64_t steps, const NeuronOptions& options,
                       const ExecutionOptions& execution)
    : ConvNorm(in, out, kernel, stride, execution), steps_(steps) {
  register_module("neuron", make_neuron(options, out, steps));
}

ops::Spikes ConvNeuron::forward(const ops::Spikes& x, const ops::Current& residual) {
  const auto main = ConvNorm::forward(x);
  const auto steps = x.values.size(0) == 1 ? steps_ : x.values.size(0);
  return child<Neuron>(*this, "neuron")->spikes(ops::NeuronInput(main, residual, steps));
}

Head::Head(std::int64_t in, std::int64_t classes) {
  const auto linear = register_module("linear", torch::nn::Linear(in, classes));
  torch::NoGradGuard no_grad;
  linear->weight.normal_(0, 1.0 / static_cast<double>(in));
  linear->bias.zero_();
}

torch::Tensor Head::weight() const { return child<torch::nn::LinearImpl>(*this, "linear")->weight; }

torch::Tensor Head::forward(const torch::Tensor& x) {
  const auto linear = child<torch::nn::LinearImpl>(*this, "linear");
  const auto pooled = x.mean({3, 4}, /*keepdim=*/false, linear->weight.scalar_type());
  auto logits = linear->forward(pooled);
  notify(pooled, logits);
  return logits;
}

}  // namespace staa::nn
