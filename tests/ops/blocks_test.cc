#include "staa/ops/reference/blocks.h"

#include <gtest/gtest.h>

#include "ops/gradcheck.h"
#include "ops/random_case.h"

namespace staa::ops::reference {
namespace {

using test::expect_gradients_match;

/// A case with GC and SA switched on and a contiguous input of one step.
struct BlockCase {
  test::RandomCase random;
  torch::Tensor x;
  explicit BlockCase(std::uint64_t seed) {
    for (;; seed += 1000) {
      random = test::random_case(seed);
      if (random.options.gc && random.options.sa) break;
    }
    x = random.x.detach()[0].contiguous().requires_grad_(true);
  }
};

TEST(GlobalContext, GradientsMatchFiniteDifferences) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const BlockCase c(seed);
    const auto& gc = c.random.parameters.gc1;
    expect_gradients_match([&] { return apply_global_context(c.x, gc); },
                           {c.x, gc.key_weight, gc.key_bias, gc.query_weight, gc.query_bias,
                            gc.norm_weight, gc.norm_bias, gc.value_weight, gc.value_bias},
                           1e-4);
  }
}

TEST(StepAttention, GradientsMatchFiniteDifferences) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const BlockCase c(seed);
    const auto& sa = c.random.parameters.sa;
    for (const auto gain : {SaGain::kInside, SaGain::kOutside}) {
      NeuronOptions options;
      options.sa_gain = gain;
      expect_gradients_match(
          [&] { return apply_step_attention(c.x, sa, options); },
          {c.x, sa.reduce_weight, sa.reduce_bias, sa.expand_weight, sa.expand_bias});
    }
  }
}

TEST(GlobalContext, IsTheIdentityWhenSwitchedOff) {
  const auto x = torch::randn({2, 3, 4, 5});
  EXPECT_TRUE(apply_global_context(x, {}).equal(x));
}

TEST(StepAttention, HalvesWhenSwitchedOff) {
  const auto u = torch::randn({2, 3, 4, 5});
  EXPECT_TRUE(apply_step_attention(u, {}, {}).equal(u / 2));
}

TEST(StepAttention, GateStartsNearOneHalfWithSmallWeights) {
  const SaParameters sa{torch::full({4, 8, 1, 1}, 1e-3), torch::zeros({4}),
                        torch::full({8, 4, 1, 1}, 1e-3), torch::zeros({8})};
  const auto gate = step_attention_gate(torch::randn({2, 8, 3, 3}), sa, {});
  EXPECT_LT((gate - 0.5).abs().max().item<float>(), 1e-3);
}

}  // namespace
}  // namespace staa::ops::reference
