#include "staa/train/optimizer.h"

#include "support/support.h"

namespace staa::train {
namespace {

/// Two layers of the same random weights.
std::pair<torch::nn::Linear, torch::nn::Linear> equal_layers(std::uint64_t seed) {
  torch::manual_seed(seed);
  torch::nn::Linear one(3, 2);
  torch::nn::Linear other(3, 2);
  const torch::NoGradGuard no_grad;
  other->weight.copy_(one->weight);
  other->bias.copy_(one->bias);
  return {one, other};
}

/// A few steps on a fixed sequence of gradients; returns the weights.
torch::Tensor walk(torch::nn::Linear& layer, Optimizer& optimizer, int from, int to) {
  for (int i = from; i < to; ++i) {
    torch::manual_seed(static_cast<std::uint64_t>(i));
    optimizer.zero_grad();
    layer->forward(torch::randn({4, 3})).square().sum().backward();
    optimizer.step();
  }
  return layer->weight.detach().clone();
}

class OptimizerState : public testing::TestWithParam<recipe::OptimizerKind> {};

TEST_P(OptimizerState, PutBackGivesTheSameStepsToTheBit) {
  recipe::OptimizerOptions options;
  options.kind = GetParam();
  options.lr = 0.01;
  auto [whole, resumed] = equal_layers(1);
  Optimizer first(*whole, options);
  Optimizer before(*resumed, options);
  const auto expected = walk(whole, first, 0, 8);
  walk(resumed, before, 0, 3);
  Optimizer after(*resumed, options);
  after.load_state(before.state(), "test");
  EXPECT_TRUE(walk(resumed, after, 3, 8).equal(expected));
}

INSTANTIATE_TEST_SUITE_P(Kinds, OptimizerState,
                         testing::Values(recipe::OptimizerKind::kSgd,
                                         recipe::OptimizerKind::kAdamW));

TEST(Optimizer, RefusesAStateThatDoesNotFit) {
  torch::nn::Linear layer(3, 2);
  Optimizer optimizer(*layer, {});
  test::expect_error(ErrorKind::kInput, {"file.safetensors", "weight/momentum_buffer", "[2, 3]"},
                     [&] {
                       optimizer.load_state({{"weight/momentum_buffer", torch::zeros({3, 3})}},
                                            "file.safetensors");
                     });
}

TEST(Optimizer, ClipsTheJointNorm) {
  torch::nn::Linear layer(3, 2);
  Optimizer optimizer(*layer, {});
  (layer->forward(torch::ones({5, 3})).sum() * 100).backward();
  optimizer.clip_gradients(1.0);
  const auto norm =
      torch::sqrt(layer->weight.grad().square().sum() + layer->bias.grad().square().sum());
  EXPECT_NEAR(norm.item<double>(), 1.0, 1e-4);
}

/// Parameters as they come: of convolutions, channels-last; one without a gradient.
TEST(FlatParameters, MoveWithoutChange) {
  torch::manual_seed(2);
  const auto weight =
      torch::randn({4, 3, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_(true);
  const auto bias = torch::randn({5}).requires_grad_(true);
  const auto unused = torch::randn({2}).requires_grad_(true);
  const auto before = weight.detach().clone();
  FlatParameters flat({weight, bias, unused});
  EXPECT_EQ(flat.values().numel(), 4 * 27 + 5 + 2);
  EXPECT_TRUE(weight.equal(before));
  EXPECT_TRUE(weight.is_contiguous(torch::MemoryFormat::ChannelsLast));

  const auto factors = torch::randn({4, 3, 3, 3});
  ((weight * factors).sum() + (bias * 3).sum()).backward();
  flat.gather();
  EXPECT_TRUE(flat.part(flat.gradient(), 0).equal(factors));
  EXPECT_TRUE(bias.grad().equal(torch::full({5}, 3.0F)));
  EXPECT_TRUE(flat.part(flat.gradient(), 2).equal(torch::zeros({2})));
  (bias * 3).sum().backward();  // goes on top, as autograd does
  flat.gather();
  EXPECT_TRUE(flat.part(flat.gradient(), 1).equal(torch::full({5}, 6.0F)));

  flat.values().fill_(7);
  EXPECT_TRUE(weight.equal(torch::full_like(weight, 7)));
  flat.clear_gradients();
  EXPECT_FALSE(weight.grad().defined());
}

TEST(Optimizer, TellsAutogradThatItChangedTheWeights) {
  torch::nn::Linear layer(3, 2);
  Optimizer optimizer(*layer, {});
  const auto x = torch::randn({4, 3}).requires_grad_(true);
  const auto y = layer->forward(x).sum();
  layer->forward(x).sum().backward();
  optimizer.step();
  EXPECT_THROW(y.backward(), std::exception);  // it would use weights that are no longer there
}

/// Against LibTorch's own on the parameters one by one.
TEST_P(OptimizerState, StepsAsLibTorchDoes) {
  recipe::OptimizerOptions options;
  options.kind = GetParam();
  options.lr = 0.01;
  options.weight_decay = 0.1;
  auto [flat, plain] = equal_layers(3);
  Optimizer ours(*flat, options);
  std::unique_ptr<torch::optim::Optimizer> theirs;
  if (options.kind == recipe::OptimizerKind::kAdamW) {
    theirs = std::make_unique<torch::optim::AdamW>(plain->parameters(),
                                                   torch::optim::AdamWOptions(options.lr)
                                                       .betas({options.beta1, options.beta2})
                                                       .eps(options.eps)
                                                       .weight_decay(options.weight_decay));
  } else {
    theirs = std::make_unique<torch::optim::SGD>(plain->parameters(),
                                                 torch::optim::SGDOptions(options.lr)
                                                     .momentum(options.momentum)
                                                     .nesterov(options.nesterov)
                                                     .weight_decay(options.weight_decay));
  }
  for (int i = 0; i < 5; ++i) {
    const auto x = torch::randn({4, 3});
    ours.zero_grad();
    theirs->zero_grad();
    flat->forward(x).square().sum().backward();
    plain->forward(x).square().sum().backward();
    ours.step();
    theirs->step();
  }
  EXPECT_TRUE(flat->weight.allclose(plain->weight, 1e-5, 1e-7));
  EXPECT_TRUE(flat->bias.allclose(plain->bias, 1e-5, 1e-7));
}

}  // namespace
}  // namespace staa::train
