#include "staa/nn/layers.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "staa/nn/children.h"
#include "staa/nn/plain_layers.h"
#include "staa/ops/average_pool.h"
#include "staa/ops/implementation.h"
#include "staa/ops/reference/input.h"
#include "staa/ops/shortcut_current.h"
#include "staa/util/error.h"

namespace staa::nn {

torch::Tensor average_pool2(const torch::Tensor& x) { return over_steps(x, ops::average_pool2); }

namespace {

torch::Tensor max_pool_images(const torch::Tensor& x) { return torch::max_pool2d(x, 2); }

}  // namespace

torch::Tensor max_pool2(const torch::Tensor& x) { return over_steps(x, max_pool_images); }

namespace {

/// The number format in which `values` are convolved. fp16 is only for CUDA: elsewhere, a network
/// that was trained with it uses the type of the values.
torch::ScalarType convolution_type(Precision precision, const torch::Tensor& values) {
  if (precision == Precision::kBf16) return torch::kBFloat16;
  if (precision == Precision::kFp16 && values.is_cuda()) return torch::kHalf;
  return values.scalar_type();
}

/// Turns the first min(in, out) output channels into copies of the inputs.
void start_as_identity(torch::Tensor& weight) {
  const auto middle = weight.size(2) / 2;
  const auto same = std::min(weight.size(0), weight.size(1));
  weight.narrow(0, 0, same).zero_();
  for (std::int64_t c = 0; c < same; ++c) weight[c][c][middle][middle] = 1;
}

}  // namespace

void NormedConvolution::register_layers() {
  const auto conv = register_module(
      "conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(shape_.in, shape_.out, shape_.kernel)
                                    .stride(shape_.stride)
                                    .padding(shape_.kernel / 2)
                                    .bias(false)));
  const auto norm = register_module(
      "norm", torch::nn::BatchNorm2d(
                  torch::nn::BatchNorm2dOptions(shape_.out).momentum(options_.norm_momentum)));
  torch::NoGradGuard no_grad;
  auto& weight = conv->weight;
  weight.normal_(0,
                 std::sqrt(2.0 / static_cast<double>(shape_.kernel * shape_.kernel * shape_.out)));
  if (options_.start == Start::kIdentity) start_as_identity(weight);
  weight.set_data(weight.contiguous(torch::MemoryFormat::ChannelsLast));
  norm->weight.fill_(shape_.gain);
}

torch::Tensor NormedConvolution::weight() const {
  return child<torch::nn::Conv2dImpl>(*this, "conv")->weight;
}

std::int64_t NormedConvolution::stride() const {
  return child<torch::nn::Conv2dImpl>(*this, "conv")->options.stride()->at(0);
}

ops::Current NormedConvolution::current(const ops::Spikes& x) {
  const auto& values = x.values;
  if (values.dim() != 5) {
    fail(ErrorKind::kRuntime, "a convolution of sequences expects [T, B, C, H, W], found {}",
         c10::str(values.sizes()));
  }
  const ops::UseReference reference(operators() == Operators::kReference);
  count_spikes(values);
  auto y = convolve(*child<torch::nn::Conv2dImpl>(*this, "conv"), values.flatten(0, 1),
                    convolution_type(options_.execution.precision, values),
                    x.bits.defined() ? x.bits.flatten(0, 1) : torch::Tensor());
  const auto in_steps = [&](const torch::Tensor& z) {
    return z.view({values.size(0), values.size(1), z.size(1), z.size(2), z.size(3)});
  };
  notify(values, in_steps(y.values));
  const bool pool = shape_.max_pool;
  ops::Current current(in_steps(pool ? max_pool_images(y.values) : y.values),
                       read_norm(*child<torch::nn::BatchNorm2dImpl>(*this, "norm"), y.values));
  current.norm.sum = sum_;
  if (options_.execution.memory == MemoryUse::kLow && y.again) {
    current.again = std::move(y.again);
    if (pool) {
      current.again = [again = std::move(current.again)] { return max_pool_images(again()); };
    }
  }
  return current;
}

void NormedConvolution::pretty_print(std::ostream& stream) const {
  stream << fmt::format("{}({}, {}, kernel={}, stride={}{})", name(), shape_.in, shape_.out,
                        shape_.kernel, shape_.stride, shape_.max_pool ? ", max_pool" : "");
}

ConvNormImpl::ConvNormImpl(const ConvShape& shape, const models::NetworkOptions& options)
    : Cloneable(shape, options) {
  ConvNormImpl::reset();
}

torch::Tensor ConvNormImpl::forward(const torch::Tensor& x) {
  return ops::reference::compose(ops::NeuronInput(current(x)));
}

namespace {

models::NetworkOptions with_neuron(const NeuronOptions& neuron, std::int64_t steps) {
  models::NetworkOptions options;
  options.neuron = neuron;
  options.steps = steps;
  return options;
}

}  // namespace

ConvNeuronImpl::ConvNeuronImpl(const ConvShape& shape, const models::NetworkOptions& options)
    : Cloneable(shape, options), steps_(options.steps) {
  ConvNeuronImpl::reset();
}

ConvNeuronImpl::ConvNeuronImpl(const ConvShape& shape, const NeuronOptions& neuron,
                               std::int64_t steps)
    : ConvNeuronImpl(shape, with_neuron(neuron, steps)) {}

void ConvNeuronImpl::reset() {
  register_layers();
  const auto neuron = make_neuron(options_.neuron, shape_.out, options_.steps);
  neuron->set_operators(operators());
  register_module("neuron", neuron);
}

std::int64_t ConvNeuronImpl::steps_of(const ops::Spikes& x) const {
  return x.values.size(0) == 1 ? steps_ : x.values.size(0);
}

ops::Spikes ConvNeuronImpl::spikes(const ops::Spikes& x, const ops::Current& residual) {
  currents_ = {};
  const auto main = current(x);
  return child<Neuron>(*this, "neuron")->spikes(ops::NeuronInput(main, residual, steps_of(x)));
}

namespace {

/// Brings an earlier current to the shape of `like`. At an odd extent the windows round as those of
/// `like`: down behind a pool, up behind a convolution with a stride.
torch::Tensor bring_to(torch::Tensor earlier, const torch::Tensor& like) {
  for (const int extent : {3, 4}) {
    if (earlier.size(extent) == 2 * like.size(extent) + 1) {
      earlier = earlier.narrow(extent, 0, 2 * like.size(extent));
    }
  }
  if (earlier.size(3) != like.size(3) || earlier.size(4) != like.size(4)) {
    earlier = average_pool2(earlier);
  }
  const auto channels = like.size(2);
  const auto times = (channels + earlier.size(2) - 1) / earlier.size(2);
  if (times > 1) {
    earlier = torch::cat(std::vector<torch::Tensor>(static_cast<std::size_t>(times), earlier), 2);
  }
  return earlier.size(2) == channels ? earlier : earlier.narrow(2, 0, channels);
}

}  // namespace

ops::Spikes ConvNeuronImpl::spikes_with_current(const ops::Spikes& x, torch::Tensor& current) {
  const auto main = this->current(x);
  const ops::UseReference reference(operators() == Operators::kReference);
  currents_ = {true, current.defined() ? current[0][0].numel() : 0};
  if (current.defined()) current = bring_to(current, main.values);
  current = ops::shortcut_current(main, current, joint_share(shape_.gain));
  // The neurons read the number format of the convolutions.
  return child<Neuron>(*this, "neuron")
      ->spikes(
          ops::NeuronInput(ops::Current(current.to(main.values.scalar_type())), {}, steps_of(x)));
}

HeadImpl::HeadImpl(std::int64_t in, std::int64_t classes, double scale)
    : in_(in), classes_(classes), scale_(scale) {
  HeadImpl::reset();
}

void HeadImpl::reset() {
  const auto linear = register_module("linear", torch::nn::Linear(in_, classes_));
  torch::NoGradGuard no_grad;
  linear->weight.normal_(0, 1.0 / static_cast<double>(in_));
  linear->bias.zero_();
}

torch::Tensor HeadImpl::weight() const {
  return child<torch::nn::LinearImpl>(*this, "linear")->weight;
}

torch::Tensor HeadImpl::forward(const torch::Tensor& x) {
  const auto linear = child<torch::nn::LinearImpl>(*this, "linear");
  const auto type = linear->weight.scalar_type();
  const auto pooled = x.dim() == 3 ? x.to(type) : x.mean({3, 4}, /*keepdim=*/false, type);
  auto logits = linear->forward(pooled);
  if (scale_ != 1) logits = logits * scale_;
  notify(pooled, logits);
  return logits;
}

}  // namespace staa::nn
