#include "staa/ops/reference/neurons.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <functional>

#include "ops/random_case.h"
#include "ops/scalar_loop.h"

namespace staa::ops::reference {
namespace {

using test::random_case;
using test::ScalarResult;
using test::Tangents;

constexpr std::uint64_t kCases = 60;

using Reference = std::function<torch::Tensor()>;
using Scalar = std::function<ScalarResult(const Tangents&)>;

/// The spikes must be equal. The gradients, multiplied by a random direction of the inputs, must
/// give the same number as the scalar loop's derivative in that direction multiplied by the
/// weights.
void expect_matches(const Reference& reference, const Scalar& scalar,
                    const std::vector<torch::Tensor>& inputs) {
  Tangents tangents;
  std::vector<torch::Tensor> directions;
  for (const auto& input : inputs) {
    directions.push_back(torch::randn(input.sizes(), torch::kDouble));
    tangents.set(input, directions.back());
  }
  const auto expected = scalar(tangents);
  const auto spikes = reference();
  ASSERT_TRUE(spikes.equal(expected.spikes));

  const auto weights = torch::randn(spikes.sizes(), torch::kDouble);
  const auto gradients = torch::autograd::grad({(spikes * weights).sum()}, inputs, {}, {}, false,
                                               /*allow_unused=*/true);
  double backward = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (gradients[i].defined()) backward += (gradients[i] * directions[i]).sum().item<double>();
  }
  const double forward = (expected.tangent * weights).sum().item<double>();
  EXPECT_NEAR(backward, forward, 1e-8 * (1 + std::abs(forward)));
}

TEST(Lif, MatchesScalarLoopInSpikesAndGradients) {
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    expect_matches([&] { return lif(c.x, c.options); },
                   [&](const Tangents& d) { return test::scalar_lif(c.x, c.options, d); }, {c.x});
  }
}

TEST(AdaptiveLif, MatchesScalarLoopInSpikesAndGradients) {
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    const auto decay = torch::rand({c.x.size(2)}, torch::kDouble).requires_grad_(true);
    const auto gain = torch::rand({c.x.size(2)}, torch::kDouble).requires_grad_(true);
    expect_matches([&] { return adaptive_lif(c.x, decay, gain, c.options); },
                   [&](const Tangents& d) {
                     return test::scalar_adaptive_lif(c.x, decay, gain, c.options, d);
                   },
                   {c.x, decay, gain});
  }
}

TEST(StaaLif, MatchesScalarLoopInSpikesAndGradients) {
  for (std::uint64_t seed = 1; seed <= 2 * kCases; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    expect_matches([&] { return staa_lif(c.x, c.parameters, c.options, c.dropped); },
                   [&](const Tangents& d) {
                     return test::scalar_staa_lif(c.x, c.parameters, c.options, c.dropped, d);
                   },
                   c.inputs());
  }
}

TEST(StaaLif, WithAllBlocksOffIsALifOfTauTwo) {
  // V = (X + H) / 2 is Eq. 1 with tau = 2 and V_reset = 0.
  NeuronOptions options;
  options.gc = options.pe = options.sa = false;
  for (int i = 0; i < 20; ++i) {
    const auto x = torch::randn({5, 2, 3, 4, 4}).requires_grad_(true);
    const auto weights = torch::randn_like(x);
    const auto staa = staa_lif(x, {}, options);
    const auto plain = lif(x, options);
    ASSERT_TRUE(staa.equal(plain));
    const auto a = torch::autograd::grad({(staa * weights).sum()}, {x})[0];
    const auto b = torch::autograd::grad({(plain * weights).sum()}, {x})[0];
    EXPECT_TRUE(torch::allclose(a, b, 1e-6, 1e-6));
  }
}

TEST(StaaLif, ADroppedStepUsesNoneOfTheBlocks) {
  auto c = random_case(3);
  c.dropped.assign(c.dropped.size(), true);
  c.options.tsrd_fallback = TsrdFallback::kLif;
  EXPECT_TRUE(staa_lif(c.x, c.parameters, c.options, c.dropped).equal(lif(c.x, c.options)));
}

TEST(Neurons, KeepChannelsLastOrder) {
  const auto x = torch::randn({3 * 2, 8, 5, 5})
                     .contiguous(torch::MemoryFormat::ChannelsLast)
                     .view({3, 2, 8, 5, 5});
  const auto spikes = lif(x, {});
  EXPECT_TRUE(spikes.flatten(0, 1).is_contiguous(torch::MemoryFormat::ChannelsLast));
}

}  // namespace
}  // namespace staa::ops::reference
