#include "staa/train/spike_budget.h"

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/train/fit.h"
#include "support/support.h"

namespace staa::train {
namespace {

using test::expect_error;
using torch::Tensor;

models::NetworkOptions two_steps(NeuronKind kind) {
  models::NetworkOptions options;
  options.neuron.kind = kind;
  options.neuron.tsrd = 0;  // two passes must give the same spikes
  options.steps = 2;
  return options;
}

/// Two layers of neurons in double precision; a convolution with stride 2 drives the second one.
struct Pair {
  explicit Pair(NeuronKind kind)
      : first(nn::ConvShape{3, 4, 3, 1}, two_steps(kind)),
        second(nn::ConvShape{4, 6, 3, 2}, two_steps(kind)) {
    network->push_back(first);
    network->push_back(second);
    network->to(torch::kDouble);
    network->train();
  }

  /// The spikes of both layers.
  std::vector<Tensor> forward(const Tensor& x) {
    std::vector<Tensor> spikes{first->spikes(x).values};
    spikes.push_back(second->spikes(spikes[0]).values);
    return spikes;
  }

  std::vector<Tensor> gradients() const {
    std::vector<Tensor> all;
    for (const auto& parameter : network->parameters()) all.push_back(parameter.grad().clone());
    return all;
  }

  nn::ConvNeuron first;
  nn::ConvNeuron second;
  torch::nn::Sequential network;
};

/// The penalty by its definition, from spikes that have gradients.
Tensor penalty_of(const std::vector<Tensor>& spikes, const SpikeBudget& budget) {
  const auto beyond = [&](const Tensor& rate) {
    return (rate / budget.target - 1).relu().square();
  };
  // Only the second convolution reads spikes, which are those of the first layer.
  if (budget.cost == SpikeCost::kAccumulates) return budget.weight * beyond(spikes[0].mean());
  if (budget.scope == BudgetScope::kLayer) {
    return budget.weight * (beyond(spikes[0].mean()) + beyond(spikes[1].mean())) / 2;
  }
  const auto places = static_cast<double>(spikes[0].numel() + spikes[1].numel());
  return budget.weight * beyond((spikes[0].sum() + spikes[1].sum()) / places);
}

void expect_gradients_of_definition(NeuronKind kind, const SpikeBudget& budget) {
  torch::manual_seed(3);
  Pair pair(kind);
  const auto x = torch::randn({2, 5, 3, 6, 6}, torch::kDouble) + 0.5;
  const auto loss_of = [](const std::vector<Tensor>& spikes) {
    return (spikes[1] * torch::arange(9.0, torch::kDouble).view({3, 3})).mean();
  };
  const auto plain = pair.forward(x);
  const auto penalty = penalty_of(plain, budget);
  (3 * (loss_of(plain) + 0.5 * penalty)).backward();
  const auto expected = pair.gradients();

  pair.network->zero_grad();
  BudgetKeeper keeper(*pair.network, budget);
  keeper.begin();
  const auto spikes = pair.forward(x);
  EXPECT_NEAR(keeper.penalty(), penalty.item<double>(), 1e-6);
  EXPECT_GT(keeper.penalty(), 0);
  keeper.set_factor(3 * 0.5);
  (3 * loss_of(spikes)).backward();
  const auto found = pair.gradients();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LT((found[i] - expected[i]).abs().max().item<double>(),
              1e-6 * (1 + expected[i].abs().max().item<double>()))
        << "parameter " << i;
  }
}

TEST(SpikeBudget, AddsTheGradientOfItsDefinition) {
  for (const auto kind : {NeuronKind::kLif, NeuronKind::kStaaLif}) {
    for (const auto cost : {SpikeCost::kRate, SpikeCost::kAccumulates}) {
      for (const auto scope : {BudgetScope::kNetwork, BudgetScope::kLayer}) {
        SCOPED_TRACE(static_cast<int>(kind) * 100 + static_cast<int>(cost) * 10 +
                     static_cast<int>(scope));
        SpikeBudget budget;
        budget.target = 0.01;
        budget.cost = cost;
        budget.scope = scope;
        budget.weight = 0.7;
        expect_gradients_of_definition(kind, budget);
      }
    }
  }
}

TEST(SpikeBudget, WhatKeepsToItCostsNothing) {
  torch::manual_seed(4);
  Pair pair(NeuronKind::kLif);
  const auto x = torch::randn({2, 5, 3, 6, 6}, torch::kDouble) + 0.5;
  pair.forward(x)[1].mean().backward();
  const auto expected = pair.gradients();
  pair.network->zero_grad();
  SpikeBudget budget;
  budget.target = 1;
  BudgetKeeper keeper(*pair.network, budget);
  keeper.begin();
  const auto spikes = pair.forward(x);
  keeper.set_factor(1);
  spikes[1].mean().backward();
  EXPECT_EQ(keeper.penalty(), 0);
  const auto places = static_cast<double>(spikes[0].numel() + spikes[1].numel());
  EXPECT_NEAR(keeper.rate(), (spikes[0].sum() + spikes[1].sum()).item<double>() / places, 1e-6);
  const auto found = pair.gradients();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i]));
}

TEST(SpikeBudget, NeedsLayersToCount) {
  torch::nn::Sequential plain(torch::nn::Linear(2, 2));
  SpikeBudget budget;
  budget.target = 0.1;
  expect_error(ErrorKind::kUsage, {"neuron layers"}, [&] { BudgetKeeper(*plain, budget); });
  budget.cost = SpikeCost::kAccumulates;
  expect_error(ErrorKind::kUsage, {"convolutions"}, [&] { BudgetKeeper(*plain, budget); });
}

/// Images with one of two brightness values.
class Shades {
 public:
  std::int64_t size() const { return 64; }
  Sample get(std::int64_t index, Random& random) const {
    const auto label = index % 2;
    return {torch::rand({1, 8, 8}) + (label == 0 ? 1.0 : -1.0) + 0.01 * random.normal(), label};
  }
};

/// The rates in the epochs of a fit with three epochs, of which the first uses ReLU.
std::vector<double> rates_of_a_fit(const SpikeBudget& budget) {
  torch::manual_seed(5);
  auto shape = two_steps(NeuronKind::kLif);
  shape.network = "vgg7";
  shape.width = 0.1;
  shape.in_channels = 1;
  shape.classes = 2;
  const auto network = models::make_network(shape);
  FitOptions options;
  options.epochs = 6;
  options.batch = 16;
  options.phases = {{0, {1, Activation::kRelu}}, {1, {2, Activation::kSpike}}};
  options.spike_budget = budget;
  std::vector<double> rates;
  Callbacks callbacks;
  callbacks.epoch = [&](const EpochReport& report) { rates.push_back(report.spike_rate); };
  fit(network, std::make_shared<Shades>(), std::make_shared<Shades>(), options, callbacks);
  return rates;
}

TEST(SpikeBudget, LowersTheRateOfATraining) {
  SpikeBudget budget;
  budget.target = 0.01;
  budget.weight = 0;
  const auto free = rates_of_a_fit(budget);
  budget.weight = 0.1;
  const auto kept = rates_of_a_fit(budget);
  ASSERT_EQ(free.size(), 6U);
  EXPECT_LT(free[0], 0) << "an epoch with ReLU has no spikes";
  EXPECT_GT(free[1], 0);
  EXPECT_LT(kept[5], 0.7 * free[5]);
}

}  // namespace
}  // namespace staa::train
