#include <gtest/gtest.h>

#include "ops/compare.h"
#include "ops/random_case.h"
#include "staa/ops/neurons.h"
#include "staa/ops/reference/neurons.h"

namespace staa::ops {
namespace {

using test::CaseSize;
using test::expect_equal;
using test::for_targets;
using test::random_case;
using test::RandomCase;
using test::spikes_and_gradients;

void expect_matches_reference(const RandomCase& c) {
  const auto inputs = c.inputs();
  expect_equal(
      spikes_and_gradients(staa_lif(c.x, c.parameters, c.options, c.dropped), inputs),
      spikes_and_gradients(reference::staa_lif(c.x, c.parameters, c.options, c.dropped), inputs),
      1e-9);
  expect_equal(spikes_and_gradients(lif(c.x, c.options), {c.x}),
               spikes_and_gradients(reference::lif(c.x, c.options), {c.x}), 1e-9);
  auto options = c.options;
  options.kind = NeuronKind::kAdaptiveLif;
  const auto decay = torch::rand({c.x.size(2)}, torch::kDouble).requires_grad_(true);
  const auto gain = torch::rand({c.x.size(2)}, torch::kDouble).requires_grad_(true);
  expect_equal(
      spikes_and_gradients(adaptive_lif(c.x, decay, gain, options), {c.x, decay, gain}),
      spikes_and_gradients(reference::adaptive_lif(c.x, decay, gain, options), {c.x, decay, gain}),
      1e-9);
}

TEST(FusedNeurons, MatchTheReferenceOnSmallShapes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    expect_matches_reference(c);
  }
}

TEST(FusedNeurons, MatchTheReferenceOnEveryTarget) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      const auto c = random_case(seed, CaseSize::kWide);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      expect_matches_reference(c);
    }
  });
}

TEST(FusedNeurons, MatchTheReferenceInFloatBesideTheThreshold) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      auto c = random_case(seed, CaseSize::kWide, torch::kFloat);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      // A membrane within rounding of the threshold may fall on either side, and what follows with
      // it; the smooth surrogates have no such edge of their own.
      c.options.surrogate = Surrogate::kArctan;
      const auto inputs = c.inputs();
      const auto fused =
          spikes_and_gradients(staa_lif(c.x, c.parameters, c.options, c.dropped), inputs);
      const auto expected = spikes_and_gradients(
          reference::staa_lif(c.x, c.parameters, c.options, c.dropped), inputs);
      const auto differing = (fused.back() != expected.back()).sum().item<double>();
      EXPECT_LE(differing, 1e-4 * static_cast<double>(c.x.numel()) + 1);
      if (differing == 0) expect_equal(fused, expected, 2e-4);
    }
  });
}

TEST(FusedNeurons, GiveTheSameBitsForAnyDivisionOfTheBatch) {
  const auto c = random_case(11, CaseSize::kWide);
  const auto inputs = c.inputs();
  const auto run = [&] {
    return spikes_and_gradients(staa_lif(c.x, c.parameters, c.options, c.dropped), inputs);
  };
  const auto threads = at::get_num_threads();
  const auto first = run();
  const auto again = run();
  at::set_num_threads(1);
  const auto alone = run();
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!first[i].defined()) continue;
    EXPECT_TRUE(first[i].equal(again[i])) << "input " << i;
  }
  EXPECT_TRUE(first[0].equal(alone[0]));
  EXPECT_TRUE(first.back().equal(alone.back()));
}

TEST(FusedNeurons, AreTheReferenceForOtherTypes) {
  const auto x = torch::randn({2, 1, 3, 2, 2}).to(torch::kBFloat16);
  EXPECT_TRUE(lif(x, {}).equal(reference::lif(x, {})));
}

TEST(FusedNeurons, RefuseAnInputThatIsNoSequence) {
  EXPECT_ANY_THROW(lif(torch::zeros({2, 3}), {}));
}

}  // namespace
}  // namespace staa::ops
