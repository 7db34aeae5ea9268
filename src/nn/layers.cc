#include "staa/nn/layers.h"

#include <cmath>

namespace staa::nn {

torch::Tensor average_pool2(const torch::Tensor& x) {
  return over_steps(x, [](const torch::Tensor& y) {
    return torch::avg_pool2d(y, 2, /*stride=*/2, /*padding=*/0, /*ceil_mode=*/true);
  });
}

ConvNorm::ConvNorm(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
    : stride_(stride) {
  conv_ = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                                                        .stride(stride)
                                                        .padding(kernel / 2)
                                                        .bias(false)));
  norm_ = register_module("norm", torch::nn::BatchNorm2d(out));
  torch::NoGradGuard no_grad;
  conv_->weight.normal_(0, std::sqrt(2.0 / static_cast<double>(kernel * kernel * out)));
  conv_->weight.set_data(conv_->weight.contiguous(torch::MemoryFormat::ChannelsLast));
}

torch::Tensor ConvNorm::forward(const torch::Tensor& x) {
  const auto current = over_steps(x, [&](const torch::Tensor& y) { return conv_->forward(y); });
  notify(x, current);
  return over_steps(current, [&](const torch::Tensor& y) { return norm_->forward(y); });
}

ConvNeuron::ConvNeuron(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                       std::int64_t steps, const NeuronOptions& options)
    : ConvNorm(in, out, kernel, stride),
      steps_(steps),
      neuron_(register_module("neuron", make_neuron(options, out, steps))) {}

torch::Tensor ConvNeuron::forward(const torch::Tensor& x, const torch::Tensor& residual) {
  auto current = ConvNorm::forward(x);
  if (residual.defined()) current = current + residual;
  if (current.size(0) == 1) current = current.expand({steps_, -1, -1, -1, -1});
  return neuron_->forward(current);
}

Head::Head(std::int64_t in, std::int64_t classes) {
  linear_ = register_module("linear", torch::nn::Linear(in, classes));
  torch::NoGradGuard no_grad;
  linear_->weight.normal_(0, 1.0 / static_cast<double>(in));
  linear_->bias.zero_();
}

torch::Tensor Head::forward(const torch::Tensor& x) {
  const auto pooled = x.mean({3, 4});
  auto logits = linear_->forward(pooled);
  notify(pooled, logits);
  return logits;
}

}  // namespace staa::nn
