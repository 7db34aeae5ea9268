#include "staa/train/optimizer.h"

#include <torch/nn/modules/linear.h>
#include <torch/optim/adamw.h>
#include <torch/optim/optimizer.h>
#include <torch/optim/sgd.h>

#include <map>

#include "staa/models/registry.h"
#include "staa/train/weight_average.h"
#include "support/support.h"

namespace staa::train {
namespace {

/// Two layers with the same random weights.
std::pair<torch::nn::Linear, torch::nn::Linear> equal_layers(std::uint64_t seed) {
  torch::manual_seed(seed);
  torch::nn::Linear one(3, 2);
  torch::nn::Linear other(3, 2);
  const torch::NoGradGuard no_grad;
  other->weight.copy_(one->weight);
  other->bias.copy_(one->bias);
  return {one, other};
}

/// Makes a few steps with a fixed sequence of gradients. Returns the weights.
torch::Tensor walk(torch::nn::Linear& layer, Optimizer& optimizer, int from, int to) {
  for (int i = from; i < to; ++i) {
    torch::manual_seed(static_cast<std::uint64_t>(i));
    optimizer.zero_grad();
    layer->forward(torch::randn({4, 3})).square().sum().backward();
    optimizer.step();
  }
  return layer->weight.detach().clone();
}

class OptimizerState : public testing::TestWithParam<OptimizerKind> {};

TEST_P(OptimizerState, PutBackGivesTheSameStepsToTheBit) {
  OptimizerOptions options;
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
                         testing::Values(OptimizerKind::kSgd, OptimizerKind::kAdamW));

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

/// The parameters include channels-last weights of convolutions and one without a gradient.
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
  (bias * 3).sum().backward();  // accumulates, as in autograd
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
  EXPECT_THROW(y.backward(), std::exception);  // it would use weights that no longer exist
}

TEST(Muon, MakesGradientsNearlyOrthogonal) {
  torch::manual_seed(6);
  for (const auto& [rows, columns] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{16, 40}, {40, 16}, {20, 20}, {1, 9}}) {
    const auto singular = torch::linalg_svdvals(orthogonalise(torch::randn({rows, columns}), 5));
    EXPECT_GT(singular.max().item<double>(), 0.6);
    EXPECT_LT(singular.max().item<double>(), 1.3);
  }
  EXPECT_TRUE(orthogonalise(torch::zeros({3, 4})).equal(torch::zeros({3, 4})));
}

TEST(Muon, StepsAlongTheOrthogonalisedMomentum) {
  torch::manual_seed(7);
  const auto weight =
      torch::randn({4, 2, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_(true);
  auto expected = weight.detach().clone();
  auto buffer = torch::zeros_like(expected);
  Muon muon({weight}, 0.6);
  for (int i = 0; i < 3; ++i) {
    const auto gradient = torch::randn({4, 2, 3, 3});
    weight.mutable_grad() = gradient.contiguous(torch::MemoryFormat::ChannelsLast);
    muon.step(0.1);
    buffer = 0.6 * buffer + gradient;
    const auto direction = (gradient + 0.6 * buffer).reshape({4, -1});
    expected = expected / expected.norm() * 2.0 - 0.1 * orthogonalise(direction).view({4, 2, 3, 3});
    EXPECT_TRUE(torch::allclose(weight.detach(), expected, 1e-3, 1e-5));
  }
}

models::NetworkOptions small_network() {
  models::NetworkOptions options;
  options.width = 0.0625;
  options.steps = 2;
  options.in_channels = 1;
  return options;
}

TEST(ParameterClasses, HaveRatesAndDecaysOfTheirOwn) {
  const auto network = models::make_network(small_network());
  OptimizerOptions options;
  options.lr = 0.2;
  options.weight_decay = 0.1;
  options.kind = OptimizerKind::kMuon;
  options.rest_lr = 0.01;
  options.head.lr = 10;
  options.neuron_vector.lr = 0.5;
  std::map<std::string, ParameterGroup> found;
  std::size_t count = 0;
  for (const auto& group : group_parameters(*network, options)) {
    for (const auto& name : group.names) found[name] = group;
    count += group.names.size();
  }
  EXPECT_EQ(count, network->parameters().size());
  EXPECT_EQ(found.size(), count);
  const auto expect = [&](const std::string& name, Algorithm algorithm, double lr, double decay) {
    SCOPED_TRACE(name);
    EXPECT_EQ(found.at(name).algorithm, algorithm);
    EXPECT_DOUBLE_EQ(found.at(name).lr, lr);
    EXPECT_DOUBLE_EQ(found.at(name).weight_decay, decay);
  };
  const std::string block = "stages.3.1.conv2.";
  expect(block + "conv.weight", Algorithm::kMuon, 0.2, 0);
  expect("head.linear.weight", Algorithm::kSgd, 0.1, 0.1);
  expect("head.linear.bias", Algorithm::kSgd, 0.1, 0);
  expect(block + "norm.weight", Algorithm::kSgd, 0.01, 0);
  expect(block + "neuron.pe", Algorithm::kSgd, 0.005, 0);
  expect(block + "neuron.gc1.norm.weight", Algorithm::kSgd, 0.005, 0);
  expect(block + "neuron.gc1.query.weight", Algorithm::kSgd, 0.01, 0.1);
  // C = 32, R = 8: sqrt(2 / R) with SGD, 1 / (0.4 R) with AdamW.
  expect(block + "neuron.gc1.value.weight", Algorithm::kSgd, 0.005, 0.1);
  options.kind = OptimizerKind::kAdamW;
  for (const auto& group : group_parameters(*network, options)) {
    for (const auto& name : group.names) found[name] = group;
  }
  expect(block + "conv.weight", Algorithm::kAdamW, 0.2, 0.1);
  expect(block + "neuron.gc2.value.weight", Algorithm::kAdamW, 0.2 / (0.4 * 8), 0.1);
}

TEST(Optimizer, WithMuonPutBackGivesTheSameStepsToTheBit) {
  OptimizerOptions options;
  options.kind = OptimizerKind::kMuon;
  options.lr = 0.1;
  const auto build = [] {
    torch::manual_seed(8);
    return models::make_network(small_network());
  };
  const auto steps = [](models::Network& network, Optimizer& optimizer, int from, int to) {
    for (int i = from; i < to; ++i) {
      torch::manual_seed(static_cast<std::uint64_t>(i));
      optimizer.zero_grad();
      network.forward(torch::randn({2, 1, 16, 16})).square().sum().backward();
      optimizer.set_learning_rate(0.1 / (i + 1));
      optimizer.step();
    }
  };
  const auto whole = build();
  const auto resumed = build();
  Optimizer first(*whole, options);
  Optimizer before(*resumed, options);
  steps(*whole, first, 0, 4);
  steps(*resumed, before, 0, 2);
  Optimizer after(*resumed, options);
  after.load_state(before.state(), "test");
  steps(*resumed, after, 2, 4);
  const auto expected = whole->parameters();
  const auto found = resumed->parameters();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i]));
}

TEST(WeightAverage, FollowsTheWeightsAndStandsInForThem) {
  torch::nn::Linear layer(3, 2);
  const torch::NoGradGuard no_grad;
  layer->weight.fill_(1);
  WeightAverage average(*layer, 0.9);
  double expected = 1;
  for (int n = 0; n < 200; ++n) {
    layer->weight.fill_(n % 2 == 0 ? 3 : 5);
    average.update();
    const double decay = std::min(0.9, (1.0 + n) / (10.0 + n));
    expected += (1 - decay) * ((n % 2 == 0 ? 3 : 5) - expected);
  }
  {
    const WeightAverage::InPlace in_place(average);
    EXPECT_NEAR(layer->weight[0][0].item<double>(), expected, 1e-4);
  }
  EXPECT_EQ(layer->weight[0][0].item<double>(), 5);
  WeightAverage other(*layer, 0.9);
  other.load(average.copies(), average.updates(), "test");
  EXPECT_TRUE(other.copies().at("weight").equal(average.copies().at("weight")));
  test::expect_error(ErrorKind::kInput, {"file", "weight"}, [&] { other.load({}, 0, "file"); });
}

/// Compares with LibTorch's own optimiser on the single parameters.
TEST_P(OptimizerState, StepsAsLibTorchDoes) {
  OptimizerOptions options;
  options.kind = GetParam();
  options.lr = 0.01;
  options.weight_decay = 0.1;
  options.norm_shift.decay = 1;  // the bias decays too
  auto [flat, plain] = equal_layers(3);
  Optimizer ours(*flat, options);
  std::unique_ptr<torch::optim::Optimizer> theirs;
  if (options.kind == OptimizerKind::kAdamW) {
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
