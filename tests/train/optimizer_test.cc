#include "staa/train/optimizer.h"

#include "support/support.h"

namespace staa::train {
namespace {

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
  torch::manual_seed(1);
  torch::nn::Linear whole(3, 2);
  torch::nn::Linear resumed(3, 2);
  {
    const torch::NoGradGuard no_grad;
    resumed->weight.copy_(whole->weight);
    resumed->bias.copy_(whole->bias);
  }
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

}  // namespace
}  // namespace staa::train
