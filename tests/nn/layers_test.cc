#include "staa/nn/layers.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "staa/nn/blocks.h"
#include "staa/nn/whitening.h"
#include "staa/ops/reference/input.h"
#include "support/support.h"

namespace staa::nn {
namespace {

using test::expect_error;
using torch::nn::BatchNorm2d;
using torch::nn::BatchNorm2dOptions;
using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;

NeuronOptions lif() {
  NeuronOptions options;
  options.kind = NeuronKind::kLif;
  options.threshold = 0.3;
  return options;
}

models::NetworkOptions options_of(const NeuronOptions& neuron, std::int64_t steps = 1) {
  models::NetworkOptions options;
  options.neuron = neuron;
  options.steps = steps;
  return options;
}

/// Compares the layer's normalised current with `conv` and `norm` called one after the other.
void expect_calls(ConvNormImpl& layer, Conv2d conv, BatchNorm2d norm, std::int64_t channels = 3) {
  const auto x = torch::rand({2, 3, channels, 8, 8}).lt(0.2).to(torch::kFloat);
  for (int call = 0; call < 2; ++call) {
    const auto expected = norm->forward(conv->forward(x.flatten(0, 1)));
    const auto found =
        ops::reference::compose(ops::NeuronInput(layer.current(ops::Spikes(x)))).flatten(0, 1);
    EXPECT_EQ(found.sizes(), expected.sizes());
    EXPECT_TRUE(torch::allclose(found, expected, 1e-4, 1e-5));
  }
}

/// Copies a BatchNorm with its options, weights and statistics.
BatchNorm2d copy_of(const BatchNorm2d& norm) {
  BatchNorm2d copy(norm->options);
  const torch::NoGradGuard no_grad;
  for (const auto& item : norm->named_parameters()) {
    copy->named_parameters()[item.key()].copy_(item.value());
  }
  for (const auto& item : norm->named_buffers()) {
    copy->named_buffers()[item.key()].copy_(item.value());
  }
  copy->train(norm->is_training());
  return copy;
}

TEST(ConvNorm, ConvolutionsWithOtherOptionsAreComputedByTheModule) {
  torch::manual_seed(3);
  const auto options = [](std::int64_t channels = 3) {
    return Conv2dOptions(channels, 8, 3).padding(1).bias(false);
  };
  for (const auto& other :
       {options(), options().bias(true), options().padding(2).dilation(2), options().stride({1, 2}),
        options().padding({0, 1}), options().padding(torch::kSame),
        options().padding_mode(torch::kCircular), options().stride(2), options(4).groups(2),
        Conv2dOptions(3, 8, {5, 3}).padding({2, 1}).bias(false)}) {
    ConvNormImpl layer({3, 8}, options_of({}));
    const auto conv = layer.replace_module("conv", Conv2d(other));
    const auto norm = layer.replace_module("norm", BatchNorm2d(8));
    expect_calls(layer, conv, copy_of(norm), other.in_channels());
    EXPECT_EQ(layer.stride(), other.stride()->at(0));
    EXPECT_TRUE(layer.weight().is_same(conv->weight));
  }
}

TEST(ConvNorm, OptionsChangedInPlaceCount) {
  torch::manual_seed(4);
  ConvNormImpl layer({3, 8}, options_of({}));
  auto conv = std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(layer.named_children()["conv"]);
  conv->options.stride(2);
  auto norm = std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(layer.named_children()["norm"]);
  norm->options.eps(0.5).momentum(0.9);
  expect_calls(layer, Conv2d(conv), copy_of(BatchNorm2d(norm)));
}

TEST(ConvNorm, NormsWithOtherOptionsCount) {
  torch::manual_seed(5);
  const BatchNorm2dOptions options(8);
  for (auto other :
       {options, BatchNorm2dOptions(8).affine(false),
        BatchNorm2dOptions(8).track_running_stats(false),
        BatchNorm2dOptions(8).momentum(c10::nullopt), BatchNorm2dOptions(8).eps(0.5)}) {
    for (const bool training : {true, false}) {
      ConvNormImpl layer({3, 8}, options_of({}));
      auto norm = layer.replace_module("norm", BatchNorm2d(other));
      norm->train(training);
      const auto conv =
          std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(layer.named_children()["conv"]);
      expect_calls(layer, Conv2d(conv), copy_of(norm));
    }
  }
}

TEST(ConvNorm, AModuleThatItCannotCallIsRefused) {
  ConvNormImpl layer({3, 8}, options_of({}));
  layer.replace_module("norm", torch::nn::GroupNorm(2, 8));
  expect_error(ErrorKind::kRuntime, {"'norm'", "BatchNorm2d", "GroupNorm"}, [&] {
    layer.forward(torch::zeros({1, 1, 3, 8, 8}));
  });
  layer.unregister_module("conv");
  expect_error(ErrorKind::kRuntime, {"'conv'", "none"}, [&] {
    layer.forward(torch::zeros({1, 1, 3, 8, 8}));
  });
}

TEST(ConvNorm, AMaximumStandsBetweenConvolutionAndNorm) {
  torch::manual_seed(4);
  ConvShape shape{3, 8};
  shape.max_pool = true;
  shape.gain = 0.3;
  for (const auto memory : {MemoryUse::kNormal, MemoryUse::kLow}) {
    auto options = options_of({});
    options.execution.memory = memory;
    ConvNormImpl layer(shape, options);
    const auto x = torch::rand({2, 3, 3, 9, 9});
    const auto conv =
        std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(layer.named_children()["conv"]);
    const auto pooled = torch::max_pool2d(conv->forward(x.flatten(0, 1)), 2);
    const auto expected = torch::batch_norm(pooled, torch::full({8}, 0.3), torch::zeros({8}), {},
                                            {}, true, 0.1, 1e-5, false);
    const auto current = layer.current(ops::Spikes(x));
    EXPECT_TRUE(torch::allclose(ops::reference::compose(ops::NeuronInput(current)).flatten(0, 1),
                                expected, 1e-4, 1e-5));
    if (memory == MemoryUse::kLow) {
      EXPECT_TRUE(current.again().view_as(current.values).equal(current.values));
    }
  }
}

/// Only the kernels return the spikes as bits.
TEST(Layers, RunOnTheReferenceWhenAskedEvenAlone) {
  const auto x = torch::rand({2, 3, 8, 5, 5});
  for (const auto operators : {Operators::kFused, Operators::kReference}) {
    const bool fused = operators == Operators::kFused;
    auto options = options_of({}, 2);
    options.execution.operators = operators;
    ConvNeuron unit(ConvShape{8, 8}, options);
    EXPECT_EQ(unit->spikes(ops::Spikes(x)).bits.defined(), fused);
    Lif neuron(NeuronOptions{}, 8);
    set_operators(*neuron, operators);
    EXPECT_EQ(neuron->spikes(ops::NeuronInput(x)).bits.defined(), fused);
    set_operators(*unit, Operators::kFused);
    EXPECT_TRUE(unit->spikes(ops::Spikes(x)).bits.defined());
  }
}

TEST(ConvNorm, StartsAsTheIdentityWhereAsked) {
  for (const auto& [in, out] : std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 8}, {8, 3}}) {
    auto options = options_of({});
    options.start = Start::kIdentity;
    ConvNormImpl layer({in, out}, options);
    const auto x = torch::rand({1, 2, in, 5, 5});
    const auto same = std::min(in, out);
    EXPECT_TRUE(torch::allclose(layer.current(ops::Spikes(x)).values.narrow(2, 0, same),
                                x.narrow(2, 0, same)));
  }
}

TEST(Whitening, GivesPatchesOfUnitVarianceAlongEveryAxis) {
  torch::manual_seed(5);
  const auto images = torch::randn({200, 3, 8, 8}).cumsum(2).cumsum(3) * 0.1;  // smooth
  WhiteningImpl stem(3);
  stem.fit(images);
  const auto out = stem.forward(images.unsqueeze(0));
  EXPECT_EQ(out.sizes(), (std::vector<std::int64_t>{1, 200, 24, 7, 7}));
  // The outputs for an axis and for its negative differ by the projection onto the axis.
  const auto along = (out.narrow(2, 0, 12) - out.narrow(2, 12, 12)).transpose(1, 2).flatten(2)[0];
  const auto covariance = along.mm(along.t()) / along.size(1);
  const auto deviation = covariance - torch::diag(torch::diag(covariance));
  EXPECT_LT(deviation.abs().max().item<double>(), 1e-2);
  EXPECT_GT(torch::diag(covariance).max().item<double>(), 0.9);
  EXPECT_LT(torch::diag(covariance).max().item<double>(), 1.01);
  EXPECT_TRUE(stem.parameters().empty());
}

TEST(ConvNeuron, ANeuronPutInItsPlaceFires) {
  ConvNeuronImpl layer({3, 8}, options_of(lif(), 2));
  layer.eval();
  const auto x = torch::rand({1, 2, 3, 8, 8});
  EXPECT_GT(layer.forward(x).sum().item<float>(), 0);
  auto options = lif();
  options.threshold = 1e6;
  layer.replace_module("neuron", Lif(options, 8));
  EXPECT_EQ(layer.forward(x).sum().item<float>(), 0);
}

TEST(StaaLif, ABlockPutInItsPlaceCounts) {
  torch::manual_seed(6);
  StaaLifImpl neuron({}, 8, 2);
  neuron.eval();
  const auto x = torch::randn({2, 2, 8, 4, 4});
  const auto before = neuron.forward(x);
  auto block = neuron.replace_module("gc1", GlobalContext(8, 4, /*zero_start=*/false));
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : block->parameters()) parameter.add_(3);
  }
  EXPECT_FALSE(neuron.forward(x).equal(before));
  block->replace_module("key", Conv2d(Conv2dOptions(8, 1, 3).padding(1)));
  expect_error(ErrorKind::kRuntime, {"'key'", "1x1"}, [&] { neuron.forward(x); });
}

TEST(Head, ALinearLayerPutInItsPlaceCounts) {
  HeadImpl head(4, 3);
  head.replace_module("linear", torch::nn::Linear(4, 7));
  EXPECT_EQ(head.forward(torch::zeros({2, 1, 4, 2, 2})).size(2), 7);
}

}  // namespace
}  // namespace staa::nn
