#include "staa/nn/layers.h"

#include <cmath>

#include "staa/nn/children.h"
#include "staa/nn/plain_layers.h"
#include "staa/ops/average_pool.h"
#include "staa/ops/reference/input.h"

namespace staa::nn {

torch::Tensor average_pool2(const torch::Tensor& x) { return over_steps(x, ops::average_pool2); }

namespace {

torch::Tensor max_pool_images(const torch::Tensor& x) { return torch::max_pool2d(x, 2); }

}  // namespace

torch::Tensor max_pool2(const torch::Tensor& x) { return over_steps(x, max_pool_images); }

namespace {

/// What a convolution of `values` computes in. fp16 is for CUDA: a network that was trained there
/// runs in its own type elsewhere.
torch::ScalarType convolution_type(Precision precision, const torch::Tensor& values) {
  if (precision == Precision::kBf16) return torch::kBFloat16;
  if (precision == Precision::kFp16 && values.is_cuda()) return torch::kHalf;
  return values.scalar_type();
}

/// The first min(in, out) outputs become copies of the inputs.
void start_as_identity(torch::Tensor& weight) {
  const auto middle = weight.size(2) / 2;
  const auto same = std::min(weight.size(0), weight.size(1));
  weight.narrow(0, 0, same).zero_();
  for (std::int64_t c = 0; c < same; ++c) weight[c][c][middle][middle] = 1;
}

}  // namespace

ConvNorm::ConvNorm(const ConvShape& shape, const models::NetworkOptions& options)
    : max_pool_(shape.max_pool), execution_(options.execution) {
  const auto conv = register_module(
      "conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(shape.in, shape.out, shape.kernel)
                                    .stride(shape.stride)
                                    .padding(shape.kernel / 2)
                                    .bias(false)));
  const auto norm = register_module(
      "norm", torch::nn::BatchNorm2d(
                  torch::nn::BatchNorm2dOptions(shape.out).momentum(options.norm_momentum)));
  torch::NoGradGuard no_grad;
  auto& weight = conv->weight;
  weight.normal_(0, std::sqrt(2.0 / static_cast<double>(shape.kernel * shape.kernel * shape.out)));
  if (options.start == Start::kIdentity) start_as_identity(weight);
  weight.set_data(weight.contiguous(torch::MemoryFormat::ChannelsLast));
  norm->weight.fill_(shape.gain);
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
  const auto in_steps = [&](const torch::Tensor& z) {
    return z.view({values.size(0), values.size(1), z.size(1), z.size(2), z.size(3)});
  };
  notify(values, in_steps(y.values));
  ops::Current current(in_steps(max_pool_ ? max_pool_images(y.values) : y.values),
                       read_norm(*child<torch::nn::BatchNorm2dImpl>(*this, "norm"), y.values));
  current.norm.sum = sum_;
  if (execution_.memory == MemoryUse::kLow && y.again) {
    current.again = std::move(y.again);
    if (max_pool_) {
      current.again = [again = std::move(current.again)] { return max_pool_images(again()); };
    }
  }
  return current;
}

ConvNeuron::ConvNeuron(const ConvShape& shape, const models::NetworkOptions& options)
    : ConvNorm(shape, options), steps_(options.steps) {
  register_module("neuron", make_neuron(options.neuron, shape.out, options.steps));
}

ops::Spikes ConvNeuron::forward(const ops::Spikes& x, const ops::Current& residual) {
  const auto main = ConvNorm::forward(x);
  const auto steps = x.values.size(0) == 1 ? steps_ : x.values.size(0);
  return child<Neuron>(*this, "neuron")->spikes(ops::NeuronInput(main, residual, steps));
}

ops::Spikes ConvNeuron::forward_with_current(const ops::Spikes& x, torch::Tensor& current) {
  const auto main = ConvNorm::forward(x);
  const auto steps = x.values.size(0) == 1 ? steps_ : x.values.size(0);
  auto sum = ops::reference::compose(ops::NeuronInput(main));
  if (current.defined()) sum = (sum + current) * std::sqrt(0.5);
  current = sum;
  // The neurons read the type that the convolutions compute in.
  return child<Neuron>(*this, "neuron")
      ->spikes(ops::NeuronInput(ops::Current(sum.to(main.values.scalar_type())), {}, steps));
}

Head::Head(std::int64_t in, std::int64_t classes, double scale) : scale_(scale) {
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
  if (scale_ != 1) logits = logits * scale_;
  notify(pooled, logits);
  return logits;
}

}  // namespace staa::nn
