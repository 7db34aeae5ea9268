#include "staa/ops/reference/input.h"

#include <gtest/gtest.h>

#include "ops/compare.h"
#include "ops/random_case.h"
#include "staa/ops/neurons.h"
#include "staa/ops/reference/neurons.h"
#include "staa/util/random.h"

namespace staa::ops {
namespace {

using test::CaseSize;
using test::random_case;
using test::RandomCase;

BatchNorm random_norm(std::int64_t channels, torch::ScalarType type, bool training) {
  BatchNorm norm;
  norm.weight = (torch::rand({channels}, type) + 0.5).requires_grad_(true);
  norm.bias = (torch::randn({channels}, type) * 0.3).requires_grad_(true);
  norm.running_mean = torch::randn({channels}, type);
  norm.running_var = torch::rand({channels}, type) + 0.5;
  norm.momentum = 0.3;
  norm.training = training;
  return norm;
}

/// A term in the shape of the case, with values far from normalised if it has a BatchNorm (`norm`).
Current random_current(const RandomCase& c, bool constant, bool norm, bool training) {
  auto shape = c.x.sizes().vec();
  if (constant) shape[0] = 1;
  const auto type = c.x.scalar_type();
  Current current((torch::randn(shape, type) * 2 + 5 * (norm ? 1 : 0)).requires_grad_(true));
  if (norm) current.norm = random_norm(c.x.size(2), type, training);
  return current;
}

NeuronInput random_input(const RandomCase& c, std::uint64_t seed) {
  Random random{seed, 2};
  const bool training = random.chance(0.7);
  const auto main = random_current(c, random.chance(0.3), random.chance(0.7), training);
  Current residual;
  if (random.chance(0.6)) {
    residual = random_current(c, random.chance(0.3), random.chance(0.5), training);
  }
  return {main, residual, c.x.size(0)};
}

/// A copy of the input with its own running statistics.
NeuronInput copy_of(const NeuronInput& input) {
  auto copy = input;
  for (auto* norm : {&copy.main.norm, &copy.residual.norm}) {
    if (!norm->defined()) continue;
    norm->running_mean = norm->running_mean.clone();
    norm->running_var = norm->running_var.clone();
  }
  return copy;
}

std::vector<torch::Tensor> leaves(const NeuronInput& input, const RandomCase& c) {
  auto all = c.inputs();
  all.erase(all.begin());  // the case's own x is not used
  for (const auto* term : {&input.main, &input.residual}) {
    if (!term->defined()) continue;
    all.push_back(term->values);
    if (!term->norm.defined()) continue;
    all.push_back(term->norm.weight);
    all.push_back(term->norm.bias);
  }
  return all;
}

void expect_same_statistics(const NeuronInput& a, const NeuronInput& b, double tolerance) {
  for (const auto member : {&NeuronInput::main, &NeuronInput::residual}) {
    const auto& first = (a.*member).norm;
    const auto& second = (b.*member).norm;
    if (!first.defined()) continue;
    EXPECT_TRUE(torch::allclose(first.running_mean, second.running_mean, tolerance, tolerance));
    const auto& values = (a.*member).values;
    if (values.numel() == values.size(2)) continue;  // of one value LibTorch's variance is NaN
    EXPECT_TRUE(torch::allclose(first.running_var, second.running_var, tolerance, tolerance));
  }
}

void expect_matches_reference(const RandomCase& c, const NeuronInput& input, double tolerance) {
  const auto fused_input = copy_of(input);
  const auto inputs = leaves(input, c);
  const auto fused =
      test::spikes_and_gradients(staa_lif(fused_input, c.parameters, c.options, c.dropped), inputs);
  const auto expected = test::spikes_and_gradients(
      reference::staa_lif(reference::compose(input), c.parameters, c.options, c.dropped), inputs);
  expect_same_statistics(fused_input, input, tolerance);
  const auto differing = (fused.back() != expected.back()).sum().item<double>();
  if (c.x.scalar_type() == torch::kFloat) {
    EXPECT_LE(differing, 1e-3 * static_cast<double>(c.x.numel()) + 1);
    if (differing > 0) return;  // a membrane within rounding of the threshold changes what follows
  }
  test::expect_equal(fused, expected, tolerance);
}

TEST(NeuronInput, NormAndResidualMatchTheReference) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    expect_matches_reference(c, random_input(c, seed), 1e-7);
  }
}

TEST(NeuronInput, NormAndResidualMatchTheReferenceOnEveryTarget) {
  test::for_targets([] {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      const auto c = random_case(seed, CaseSize::kWide);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
      expect_matches_reference(c, random_input(c, seed), 1e-7);
    }
  });
}

TEST(NeuronInput, NormAndResidualMatchTheReferenceInFloat) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto c = random_case(seed, CaseSize::kWide, torch::kFloat);
    c.options.surrogate = Surrogate::kArctan;  // smooth: rounding changes gradients little
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    expect_matches_reference(c, random_input(c, seed), 2e-3);
  }
}

/// Two processes with the same samples: sums over both are twice those of one.
TEST(NeuronInput, StatisticsMayBeThoseOfManyProcesses) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    torch::manual_seed(static_cast<std::int64_t>(seed));
    NeuronInput input(random_current(c, false, true, true),
                      random_current(c, false, seed % 2 == 0, true), c.x.size(0));
    for (auto* term : {&input.main, &input.residual}) {
      if (term->norm.defined()) term->norm.sum = [](torch::Tensor& numbers) { numbers.mul_(2); };
    }
    expect_matches_reference(c, input, 1e-7);
  }
}

TEST(NeuronInput, LifTakesNormAndResidualAsWell) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto c = random_case(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    const auto input = random_input(c, seed);
    auto inputs = leaves(input, c);
    const auto decay = torch::rand({c.x.size(2)}, torch::kDouble).requires_grad_(true);
    const auto gain = torch::rand({c.x.size(2)}, torch::kDouble).requires_grad_(true);
    test::expect_equal(test::spikes_and_gradients(lif(copy_of(input), c.options), inputs),
                       test::spikes_and_gradients(
                           reference::lif(reference::compose(copy_of(input)), c.options), inputs),
                       1e-7);
    auto options = c.options;
    options.kind = NeuronKind::kAdaptiveLif;
    inputs.push_back(decay);
    inputs.push_back(gain);
    test::expect_equal(
        test::spikes_and_gradients(adaptive_lif(copy_of(input), decay, gain, options), inputs),
        test::spikes_and_gradients(
            reference::adaptive_lif(reference::compose(copy_of(input)), decay, gain, options),
            inputs),
        1e-7);
  }
}

/// The form in which the backward pass keeps its input makes no difference: spikes as bits, or
/// values that are recomputed.
TEST(NeuronInput, BitsAndRecomputedValuesChangeNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto c = random_case(seed, CaseSize::kWide);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    torch::manual_seed(static_cast<std::int64_t>(seed));
    const auto main = random_current(c, seed % 5 == 0, true, true);
    const auto firing = lif(torch::randn(c.x.sizes(), torch::kDouble) * 2, {});
    const auto residual = firing.values.detach().requires_grad_(true);
    const auto run = [&](bool packed) {
      NeuronInput input(main, Current(residual), c.x.size(0));
      input.main.norm.running_mean = main.norm.running_mean.clone();
      input.main.norm.running_var = main.norm.running_var.clone();
      if (packed) {
        input.residual.bits = firing.bits;
        input.main.again = [values = main.values.detach()] { return values.flatten(0, 1); };
      }
      auto inputs = leaves(input, c);
      return test::spikes_and_gradients(staa_lif(input, c.parameters, c.options, c.dropped),
                                        inputs);
    };
    const auto kept = run(false);
    const auto packed = run(true);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (!kept[i].defined()) continue;
      EXPECT_TRUE(kept[i].equal(packed[i])) << "tensor " << i;
    }
  }
}

TEST(NeuronInput, StatisticsKeepTheirDigitsFarFromZero) {
  const auto x = torch::randn({2, 3, 5, 9, 7}) + 10000;
  auto fused = random_norm(5, torch::kFloat, true);
  fused.momentum = 1;
  lif(NeuronInput(Current(x, fused)), {});
  const auto wide = x.to(torch::kDouble).permute({2, 0, 1, 3, 4}).flatten(1);
  EXPECT_TRUE(torch::allclose(fused.running_var.to(torch::kDouble), wide.var(1), 1e-4, 0));
}

}  // namespace
}  // namespace staa::ops
