#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <mutex>
#include <set>
#include <thread>

#include "ops/compare.h"
#include "ops/random_case.h"
#include "staa/kernels/spikes.h"
#include "staa/ops/elements.h"
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

TEST(FusedNeurons, MatchTheReferenceWithReluInPlaceOfSpikes) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      auto c = random_case(seed, CaseSize::kWide);
      c.options.activation = Activation::kRelu;
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      const auto inputs = c.inputs();
      auto fused = spikes_and_gradients(staa_lif(c.x, c.parameters, c.options, c.dropped), inputs);
      auto expected = spikes_and_gradients(
          reference::staa_lif(c.x, c.parameters, c.options, c.dropped), inputs);
      EXPECT_TRUE(torch::allclose(fused.back(), expected.back(), 1e-9, 1e-9));
      fused.back() = expected.back();  // the values are equal up to rounding
      expect_equal(fused, expected, 1e-9);
      const auto values = lif(c.x, c.options);
      EXPECT_TRUE(torch::allclose(values.values, reference::lif(c.x, c.options), 1e-9, 1e-9));
      EXPECT_FALSE(values.bits.defined());
    }
  });
}

/// With alpha = 2 outside the sigmoid, a layer whose blocks have their initial weights computes V =
/// X + H, which is also the result of a step that TSRD drops.
TEST(FusedNeurons, StartAsADroppedStepWhereAlphaStandsOutside) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto c = random_case(seed, CaseSize::kWide);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    c.options.sa_gain = SaGain::kOutside;
    c.options.sa_alpha = 2;
    c.options.tsrd_fallback = TsrdFallback::kSum;
    const torch::NoGradGuard no_grad;
    if (c.parameters.pe.defined()) c.parameters.pe.zero_();
    for (auto* gc : {&c.parameters.gc1, &c.parameters.gc2}) {
      if (!gc->defined()) continue;
      gc->value_weight.zero_();
      gc->value_bias.zero_();
    }
    if (c.parameters.sa.defined()) {
      c.parameters.sa.expand_weight.zero_();
      c.parameters.sa.expand_bias.zero_();
    }
    const std::vector<bool> none(c.dropped.size(), false);
    const std::vector<bool> all(c.dropped.size(), true);
    EXPECT_TRUE(staa_lif(c.x, c.parameters, c.options, none)
                    .values.equal(staa_lif(c.x, c.parameters, c.options, all).values));
  }
}

TEST(FusedNeurons, MatchTheReferenceInFloatBesideTheThreshold) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      auto c = random_case(seed, CaseSize::kWide, torch::kFloat);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      // A membrane within rounding of the threshold may fall on either side and change what
      // follows. The smooth surrogates have no such edge.
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
  const auto x = torch::randn({2, 1, 3, 2, 2});
  const auto half = torch::full({3}, 0.5, torch::kDouble);
  const auto spikes = adaptive_lif(x, half, half, {});
  EXPECT_FALSE(spikes.bits.defined());
  EXPECT_TRUE(spikes.values.equal(reference::adaptive_lif(x, half, half, {})));
}

TEST(FusedNeurons, GiveTheirSpikesAsBitsToo) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto c = random_case(seed, CaseSize::kWide, torch::kFloat);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      const auto spikes = staa_lif(c.x, c.parameters, c.options, c.dropped);
      const auto slabs = spikes.values.detach().permute({0, 1, 3, 4, 2}).contiguous().flatten(2);
      auto found = torch::empty_like(slabs);
      for (std::int64_t t = 0; t < slabs.size(0); ++t) {
        for (std::int64_t b = 0; b < slabs.size(1); ++b) {
          kernels::unpack_spikes(words(spikes.bits[t][b]), static_cast<std::size_t>(slabs.size(2)),
                                 found[t][b].data_ptr<float>());
        }
      }
      EXPECT_TRUE(found.equal(slabs));
    }
  });
}

/// For inputs in bf16 all arithmetic is float. The spikes are those of the same inputs in float,
/// and the gradients differ only by the rounding of the incoming and outgoing ones.
TEST(FusedNeurons, ReadAndWriteBf16) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      auto c = random_case(seed, CaseSize::kWide, torch::kFloat);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      const auto half = c.x.detach().to(torch::kBFloat16).requires_grad_(true);
      c.x = half.detach().to(torch::kFloat).requires_grad_(true);
      auto inputs = c.inputs();
      const auto run = [&](const torch::Tensor& x) {
        inputs[0] = x;
        const auto spikes = staa_lif(x, c.parameters, c.options, c.dropped);
        torch::manual_seed(7);
        const auto weights = torch::randn(x.sizes()).to(torch::kBFloat16).to(x.scalar_type());
        auto all = torch::autograd::grad({spikes.values}, inputs, {weights}, {}, false, true);
        all.push_back(spikes.values);
        return all;
      };
      const auto found = run(half);
      const auto expected = run(c.x);
      ASSERT_EQ(found.back().scalar_type(), torch::kBFloat16);
      ASSERT_TRUE(found.back().to(torch::kFloat).equal(expected.back()));
      const auto scale = expected[0].abs().max().item<double>();
      EXPECT_LE((found[0].to(torch::kFloat) - expected[0]).abs().max().item<double>(), scale / 256);
      for (std::size_t i = 1; i + 1 < found.size(); ++i) {
        if (!expected[i].defined()) continue;
        EXPECT_TRUE(torch::allclose(found[i], expected[i], 1e-6, 1e-6)) << "input " << i;
      }
    }
  });
}

TEST(FusedNeurons, ShareTheWorkAmongThreads) {
  std::set<std::thread::id> seen;
  std::mutex mutex;
  const auto threads = at::get_num_threads();
  at::set_num_threads(2);
  at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard<std::mutex> lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  at::set_num_threads(threads);
  EXPECT_EQ(seen.size(), 2U) << "compiled without OpenMP, parallel_for runs on one thread";
}

TEST(FusedNeurons, RefuseAnInputThatIsNoSequence) {
  EXPECT_ANY_THROW(lif(torch::zeros({2, 3}), {}));
}

}  // namespace
}  // namespace staa::ops
