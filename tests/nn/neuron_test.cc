#include "staa/nn/neuron.h"

#include "ops/gradcheck.h"
#include "staa/nn/blocks.h"
#include "staa/ops/reference/neurons.h"
#include "support/support.h"

namespace staa::nn {
namespace {

using test::expect_error;

StaaLif staa(const NeuronOptions& options, std::int64_t channels = 8, std::int64_t steps = 4) {
  return StaaLif(options, channels, steps);
}

TEST(Tsrd, DropsAtItsRateAndNeverTheFirstStep) {
  torch::manual_seed(7);
  for (const double beta : {0.1, 0.3, 0.8}) {
    NeuronOptions options;
    options.tsrd = beta;
    auto neuron = staa(options, 4, 9);
    const int calls = 4000;
    double dropped = 0;
    for (int i = 0; i < calls; ++i) {
      const auto draws = neuron->draw_dropped(9);
      EXPECT_FALSE(draws[0]);
      for (const bool drop : draws) dropped += drop ? 1 : 0;
    }
    const double n = calls * 8.0;
    EXPECT_NEAR(dropped / n, beta, 4 * std::sqrt(beta * (1 - beta) / n));
  }
}

TEST(Tsrd, NeverDropsInEvaluation) {
  NeuronOptions options;
  options.tsrd = 1;
  auto neuron = staa(options);
  neuron->eval();
  for (int i = 0; i < 100; ++i) {
    for (const bool drop : neuron->draw_dropped(4)) EXPECT_FALSE(drop);
  }
}

TEST(Tsrd, ARateOfOneLeavesTheAggregatorToTheFirstStepAlone) {
  NeuronOptions options;
  options.tsrd = 1;
  auto neuron = staa(options);
  const auto x = torch::randn({4, 2, 8, 5, 5});
  const auto expected =
      ops::reference::staa_lif(x, neuron->weights(), options, {false, true, true, true});
  EXPECT_TRUE(neuron->forward(x).equal(expected));
}

TEST(StaaLif, ABlockSwitchedOffHasNoParameters) {
  const auto names = [](const NeuronOptions& options) {
    std::string all;
    for (const auto& item : staa(options)->named_parameters()) all += item.key() + " ";
    return all;
  };
  NeuronOptions options;
  EXPECT_NE(names(options).find("pe"), std::string::npos);
  options.gc = false;
  EXPECT_EQ(names(options).find("gc"), std::string::npos);
  options.pe = false;
  EXPECT_EQ(names(options).find("pe"), std::string::npos);
  options.sa = false;
  EXPECT_EQ(names(options), "");
}

TEST(StaaLif, WithAllBlocksOffSpikesAsLif) {
  NeuronOptions options;
  options.gc = options.pe = options.sa = false;
  options.tsrd = 0;
  const auto x = torch::randn({4, 2, 8, 5, 5}) * 2;
  LifImpl lif(options, 8);
  EXPECT_TRUE(staa(options)->forward(x).equal(lif.forward(x)));
}

TEST(StaaLif, EachBlockWorksAlone) {
  for (int block = 0; block < 3; ++block) {
    NeuronOptions options;
    options.gc = block == 0;
    options.pe = block == 1;
    options.sa = block == 2;
    EXPECT_EQ(staa(options)->forward(torch::randn({4, 1, 8, 3, 3})).size(0), 4);
  }
}

TEST(StaaLif, GcStartsAsTheIdentityUnlessToldOtherwise) {
  NeuronOptions options;
  GlobalContext zero(8, 4, true);
  GlobalContext random(8, 4, false);
  const auto x = torch::randn({2, 8, 3, 3});
  EXPECT_TRUE(zero->forward(x).equal(x));
  EXPECT_FALSE(random->forward(x).equal(x));
}

TEST(StaaLif, SinusoidsAreABufferAndBothPlacementsHaveTwoTables) {
  NeuronOptions options;
  options.pe_kind = PeKind::kSinusoidal;
  options.pe_placement = PePlacement::kBoth;
  auto neuron = staa(options);
  EXPECT_FALSE(neuron->named_parameters().contains("pe"));
  const auto pe = neuron->named_buffers()["pe"];
  EXPECT_EQ(pe.sizes(), (std::vector<std::int64_t>{2, 4, 8}));
  EXPECT_FLOAT_EQ(pe[0][3][0].item<float>(), std::sin(3.0F));
  EXPECT_FLOAT_EQ(pe[1][3][1].item<float>(), std::cos(3.0F));
  EXPECT_FLOAT_EQ(pe[0][3][4].item<float>(), std::sin(0.03F));  // 10000^(4/8) = 100
}

TEST(AdaptiveLif, StartsAsALif) {
  NeuronOptions options;
  options.tau = 2;
  AdaptiveLifImpl adaptive(options, 8);
  LifImpl lif(options, 8);
  const auto x = torch::randn({4, 2, 8, 5, 5}) * 2;
  EXPECT_TRUE(adaptive.forward(x).equal(lif.forward(x)));
}

TEST(Neuron, RefusesWhatDoesNotFit) {
  auto neuron = staa({});
  expect_error(ErrorKind::kRuntime,
               {"8 channels expects [T, B, 8, H, W] or [T, B, 8]", "[4, 2, 7, 3, 3]"}, [&] {
                 neuron->forward(torch::randn({4, 2, 7, 3, 3}));
               });
  expect_error(ErrorKind::kRuntime, {"holds 4 time steps, the input has 5"}, [&] {
    neuron->forward(torch::randn({5, 2, 8, 3, 3}));
  });
  EXPECT_EQ(neuron->forward(torch::randn({2, 2, 8, 3, 3})).size(0), 2);
  NeuronOptions wrong;
  wrong.tau = 0.5;
  expect_error(ErrorKind::kUsage, {"tau", "at least 1", "0.5"}, [&] { Lif(wrong, 8); });
}

TEST(Blocks, ModulesPassGradientsThroughToAllTheirParameters) {
  torch::manual_seed(2);
  GlobalContext gc(6, 2, false);
  NeuronOptions options;
  options.sa_reduction = 2;
  StepAttention sa(6, options);
  gc->to(torch::kDouble);
  sa->to(torch::kDouble);
  const auto x = torch::randn({2, 6, 3, 2}, torch::kDouble).requires_grad_(true);
  auto inputs = gc->parameters();
  inputs.push_back(x);
  test::expect_gradients_match([&] { return gc->forward(x); }, inputs, 1e-4);
  inputs = sa->parameters();
  inputs.push_back(x);
  test::expect_gradients_match([&] { return sa->forward(x); }, inputs, 1e-5);
}

}  // namespace
}  // namespace staa::nn
