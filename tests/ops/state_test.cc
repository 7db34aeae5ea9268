#include <gtest/gtest.h>

#include "ops/compare.h"
#include "ops/gradcheck.h"
#include "ops/random_case.h"
#include "ops/scalar_loop.h"
#include "staa/ops/neurons.h"
#include "staa/ops/reference/neurons.h"
#include "staa/util/random.h"

namespace staa::ops {
namespace {

using test::CaseSize;
using test::for_targets;
using test::random_case;

/// A layer with a state: the neuron of random_case(), and how its membranes are passed on.
struct StateCase {
  test::RandomCase c;
  torch::Tensor decay;
  torch::Tensor gain;
  torch::Tensor membrane;  ///< undefined in a third of the cases
  MembraneOptions membranes;

  std::vector<torch::Tensor> inputs() const {
    std::vector<torch::Tensor> all{c.x, decay, gain};
    if (membrane.defined()) all.push_back(membrane);
    return all;
  }
};

StateCase state_case(std::uint64_t seed, CaseSize size, torch::ScalarType type = torch::kDouble) {
  StateCase s{random_case(seed, size, type), {}, {}, {}, {}};
  Random random{seed, 2};
  const auto channels = s.c.x.size(2);
  s.decay = torch::rand({channels}, type).requires_grad_(true);
  s.gain = (torch::rand({channels}, type) + 0.5).requires_grad_(true);
  if (random.below(3) > 0) {
    s.membrane = (torch::randn(s.c.x.sizes().slice(1), type) * 2).requires_grad_(true);
  }
  if (random.chance(0.5)) s.membranes.subtract = random.uniform(0.2, 1.5);
  s.membranes.before_reset = random.chance(0.5);
  return s;
}

std::ostream& operator<<(std::ostream& out, const StateCase& s) {
  return out << s.c << " membrane " << s.membrane.defined() << " subtract "
             << s.membranes.subtract.value_or(0) << " before_reset " << s.membranes.before_reset;
}

SpikesAndMembrane fused(const StateCase& s) {
  return lif_with_state(s.c.x, s.decay, s.gain, s.membrane, s.c.options, s.membranes);
}

/// The gradients of a random weighting of spikes and membrane, followed by both outputs.
std::vector<torch::Tensor> outcome(const torch::Tensor& spikes, const torch::Tensor& membrane,
                                   const std::vector<torch::Tensor>& inputs) {
  torch::manual_seed(7);
  const auto loss = (spikes * torch::randn(spikes.sizes(), spikes.options())).sum() +
                    (membrane * torch::randn(membrane.sizes(), membrane.options())).sum();
  auto all = torch::autograd::grad({loss}, inputs);
  all.push_back(membrane);
  all.push_back(spikes);
  return all;
}

TEST(StatefulLif, ReferenceMatchesScalarLoopInSpikesMembranesAndGradients) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const auto s = state_case(seed, CaseSize::kSmall);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << s);
    test::Tangents tangents;
    std::vector<torch::Tensor> directions;
    for (const auto& input : s.inputs()) {
      directions.push_back(torch::randn(input.sizes(), torch::kDouble));
      tangents.set(input, directions.back());
    }
    const auto expected = test::scalar_lif_with_state(s.c.x, s.decay, s.gain, s.membrane,
                                                      s.c.options, s.membranes, tangents);
    const auto found =
        reference::lif_with_state(s.c.x, s.decay, s.gain, s.membrane, s.c.options, s.membranes);
    ASSERT_TRUE(found.spikes.equal(expected.spikes.spikes));
    ASSERT_TRUE(torch::allclose(found.membrane, expected.membrane.spikes, 1e-12, 1e-12));
    const auto of_spikes = torch::randn(found.spikes.sizes(), torch::kDouble);
    const auto of_membrane = torch::randn(found.membrane.sizes(), torch::kDouble);
    const auto gradients =
        torch::autograd::grad({found.spikes, found.membrane}, s.inputs(), {of_spikes, of_membrane});
    double backward = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      backward += (gradients[i] * directions[i]).sum().item<double>();
    }
    const double forward = ((expected.spikes.tangent * of_spikes).sum() +
                            (expected.membrane.tangent * of_membrane).sum())
                               .item<double>();
    EXPECT_NEAR(backward, forward, 1e-8 * (1 + std::abs(forward)));
  }
}

TEST(StatefulLif, MatchesTheReferenceOnEveryTarget) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      const auto s = state_case(seed, seed % 2 == 0 ? CaseSize::kWide : CaseSize::kSmall);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << s);
      const auto found = fused(s);
      const auto expected =
          reference::lif_with_state(s.c.x, s.decay, s.gain, s.membrane, s.c.options, s.membranes);
      test::expect_equal(outcome(found.spikes.values, found.membrane, s.inputs()),
                         outcome(expected.spikes, expected.membrane, s.inputs()), 1e-9);
    }
  });
}

/// Whether no membrane comes within `distance` of the threshold.
bool fires_alike(StateCase s, double distance) {
  const auto spikes = fused(s).spikes.values;
  const auto threshold = s.c.options.threshold;
  for (const auto sign : {-1, 1}) {
    s.c.options.threshold = threshold + sign * distance;
    if (!fused(s).spikes.values.equal(spikes)) return false;
  }
  return true;
}

/// With a detached reset the membrane is smooth as long as the same neurons fire.
TEST(StatefulLif, GradientsOfTheMembraneMatchFiniteDifferences) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto s = state_case(seed, CaseSize::kSmall);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << s);
    s.c.options.detach_reset = true;
    s.c.x = s.c.x.detach().contiguous().requires_grad_(true);
    torch::manual_seed(seed);
    if (!fires_alike(s, 1e-4)) continue;
    ++compared;
    test::expect_gradients_match([&] { return fused(s).membrane; }, s.inputs());
  }
  EXPECT_GT(compared, 20);
}

/// A sequence computed in two parts gives the same result, forward and backward, whether the
/// membrane is passed before or after its reset.
TEST(StatefulLif, GoesOnWhereTheLastCallHasEnded) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto s = state_case(seed, CaseSize::kWide);
    if (s.c.x.size(0) < 2) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << s);
    const auto whole = fused(s);
    const auto in_parts = [&] {
      auto part = s;
      const auto half = s.c.x.size(0) / 2;
      part.c.x = s.c.x.narrow(0, 0, half);
      const auto first = fused(part);
      part.c.x = s.c.x.narrow(0, half, s.c.x.size(0) - half);
      part.membrane = first.membrane;
      const auto second = fused(part);
      return std::make_pair(torch::cat({first.spikes.values, second.spikes.values}),
                            second.membrane);
    }();
    test::expect_equal(outcome(in_parts.first, in_parts.second, s.inputs()),
                       outcome(whole.spikes.values, whole.membrane, s.inputs()), 1e-9);
  }
}

TEST(StatefulLif, IsAdaptiveLifWithoutAMembraneOfItsOwn) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    auto s = state_case(seed, CaseSize::kWide);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << s);
    s.membrane = torch::Tensor();
    s.membranes = {};
    s.c.options.kind = NeuronKind::kAdaptiveLif;
    const std::vector<torch::Tensor> inputs{s.c.x, s.decay, s.gain};
    test::expect_equal(
        test::spikes_and_gradients(fused(s).spikes.values, inputs),
        test::spikes_and_gradients(adaptive_lif(s.c.x, s.decay, s.gain, s.c.options), inputs), 0);
  }
}

/// The sums for their gradients are then left out.
TEST(StatefulLif, DecayAndGainMayBeFixed) {
  for_targets([] {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      auto s = state_case(seed, CaseSize::kWide);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << s);
      std::vector<torch::Tensor> inputs{s.c.x};
      if (s.membrane.defined()) inputs.push_back(s.membrane);
      const auto learned = fused(s);
      const auto expected = outcome(learned.spikes.values, learned.membrane, inputs);
      s.decay = s.decay.detach();
      s.gain = s.gain.detach();
      const auto fixed = fused(s);
      test::expect_equal(outcome(fixed.spikes.values, fixed.membrane, inputs), expected, 1e-9);
    }
  });
}

/// First only the membrane has a gradient, then only the spikes.
TEST(StatefulLif, TakesTheGradientOfOneOutputAlone) {
  auto s = state_case(4, CaseSize::kWide);
  s.c.options.surrogate = Surrogate::kArctan;
  const auto found = fused(s);
  const auto expected =
      reference::lif_with_state(s.c.x, s.decay, s.gain, s.membrane, s.c.options, s.membranes);
  for (const auto& [ours, theirs] : {std::make_pair(found.membrane, expected.membrane),
                                     std::make_pair(found.spikes.values, expected.spikes)}) {
    const auto a = torch::autograd::grad({ours.square().sum()}, {s.c.x}, {}, true)[0];
    const auto b = torch::autograd::grad({theirs.square().sum()}, {s.c.x}, {}, true)[0];
    EXPECT_TRUE(torch::allclose(a, b, 1e-9, 1e-9));
  }
}

TEST(StatefulLif, OfHalvesTheMembraneIsFloat) {
  const auto s = state_case(6, CaseSize::kWide, torch::kFloat);
  const auto x = s.c.x.detach().to(torch::kBFloat16);
  const auto options = s.c.options;
  const auto found = lif_with_state(x, s.decay, s.gain, s.membrane, options, s.membranes);
  const auto expected =
      lif_with_state(x.to(torch::kFloat), s.decay, s.gain, s.membrane, options, s.membranes);
  EXPECT_EQ(found.spikes.values.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(found.spikes.values.to(torch::kFloat).equal(expected.spikes.values));
  EXPECT_TRUE(found.membrane.equal(expected.membrane));
}

TEST(StatefulLif, RefusesMembranesThatDoNotFit) {
  const auto x = torch::randn({2, 3, 4, 5, 5});
  const auto ones = torch::ones({4});
  const auto call = [&](const torch::Tensor& membrane, NeuronOptions options = {}) {
    try {
      lif_with_state(x, ones, ones, membrane, options, {});
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(call(torch::zeros({3, 4, 5, 5})), "");
  EXPECT_NE(call(torch::zeros({3, 4, 5, 4})).find("membrane: expected [3, 4, 5, 5]"),
            std::string::npos);
  EXPECT_NE(call(torch::zeros({3, 4, 5, 5}, torch::kDouble)).find("expected Float, found Double"),
            std::string::npos);
  NeuronOptions relu;
  relu.activation = Activation::kRelu;
  EXPECT_NE(call({}, relu).find("activation: expected spike"), std::string::npos);
}

/// Of tensors that the kernels copy, too, and where the gradients are otherwise constants.
TEST(FusedNeurons, RefuseToBeDifferentiatedTwice) {
  const auto x = torch::randn({2, 3, 4, 5, 5}).requires_grad_(true);
  const auto decay = torch::full({1}, 0.5).requires_grad_(true);
  const auto spikes = adaptive_lif(x, decay.expand({4}), torch::ones({4}), {}).values;
  for (const auto& loss : {(spikes * spikes).sum(), spikes.sum()}) {
    for (const auto& leaf : {x, decay}) {
      const auto gradient = torch::autograd::grad({loss}, {leaf}, {}, /*retain_graph=*/true,
                                                  /*create_graph=*/true)[0];
      try {
        gradient.sum().backward({}, /*retain_graph=*/true);
        FAIL() << "no error";
      } catch (const std::exception& error) {
        EXPECT_NE(std::string(error.what()).find("cannot be differentiated once more"),
                  std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace staa::ops
