#include "staa/ops/shortcut_current.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <string>
#include <vector>

#include "ops/compare.h"
#include "staa/ops/implementation.h"
#include "staa/util/error.h"

namespace staa::ops {
namespace {

using test::for_targets;
using torch::Tensor;

struct CurrentCase {
  Tensor values;
  Tensor earlier;
  BatchNorm norm;
};

/// `earlier_steps` is 0 if there is no earlier current.
CurrentCase random_current(torch::ScalarType type, std::int64_t earlier_steps, bool training) {
  const auto leaf = [&](torch::IntArrayRef sizes) {
    return torch::randn(sizes, type).requires_grad_(true);
  };
  const std::int64_t channels = 21;
  CurrentCase c{leaf({2, 3, channels, 5, 4}), {}, {}};
  if (earlier_steps > 0) c.earlier = leaf({earlier_steps, 3, channels, 5, 4});
  c.norm.weight = leaf({channels});
  c.norm.bias = leaf({channels});
  c.norm.running_mean = torch::randn({channels}, type);
  c.norm.running_var = torch::rand({channels}, type) + 0.5;
  c.norm.momentum = 0.3;
  c.norm.training = training;
  return c;
}

/// Output, running statistics and gradients.
std::vector<Tensor> run(const CurrentCase& c, bool reference) {
  const UseReference guard(reference);
  auto norm = c.norm;
  norm.running_mean = norm.running_mean.clone();
  norm.running_var = norm.running_var.clone();
  const auto y = shortcut_current(Current(c.values, norm), c.earlier, 0.6);
  torch::manual_seed(5);
  std::vector<Tensor> inputs{c.values, norm.weight, norm.bias};
  if (c.earlier.defined()) inputs.push_back(c.earlier);
  auto all = torch::autograd::grad({y}, inputs, {torch::randn(y.sizes(), y.options())});
  all.insert(all.end(), {y, norm.running_mean, norm.running_var});
  return all;
}

TEST(ShortcutCurrent, MatchesTheReferenceOnEveryTarget) {
  for_targets([] {
    torch::manual_seed(1);
    for (const auto type : {torch::kDouble, torch::kFloat}) {
      for (const std::int64_t earlier_steps : {0, 1, 2}) {
        for (const bool training : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << type << " earlier: " << earlier_steps << (training ? " training" : ""));
          const auto c = random_current(type, earlier_steps, training);
          const auto found = run(c, false);
          const auto expected = run(c, true);
          ASSERT_EQ(found.size(), expected.size());
          for (std::size_t i = 0; i < found.size(); ++i) {
            ASSERT_EQ(found[i].sizes(), expected[i].sizes()) << "tensor " << i;
            EXPECT_TRUE(
                torch::allclose(found[i], expected[i], 1e-4, type == torch::kDouble ? 1e-10 : 1e-4))
                << "tensor " << i;
          }
        }
      }
    }
  });
}

TEST(ShortcutCurrent, TakesAnyMemoryOrderAndMixedTypes) {
  torch::manual_seed(2);
  auto c = random_current(torch::kFloat, 2, true);
  const auto expected = run(c, true);
  c.values = c.values.detach().transpose(3, 4).contiguous().transpose(3, 4).requires_grad_(true);
  const auto found = run(c, false);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(torch::allclose(found[i], expected[i], 1e-4, 1e-4)) << "tensor " << i;
  }
  // bf16 values are normalised in float, as ever.
  const Current half(c.values.detach().to(torch::kBFloat16), c.norm);
  EXPECT_EQ(shortcut_current(half, c.earlier, 0.5).scalar_type(), torch::kFloat);
}

TEST(ShortcutCurrent, HasNoSecondDerivativeAndSaysSo) {
  torch::manual_seed(3);
  const auto c = random_current(torch::kDouble, 2, true);
  const auto y = shortcut_current(Current(c.values, c.norm), c.earlier, 0.6);
  const std::vector<Tensor> first =
      torch::autograd::grad({y.square().sum()}, {c.values}, {}, {}, /*create_graph=*/true);
  try {
    torch::autograd::grad({first[0].square().sum()}, {c.values});
    FAIL() << "expected an error, none was thrown";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("shortcut_current"), std::string::npos)
        << error.what();
  }
}

TEST(ShortcutCurrent, RefusesWhatDoesNotFit) {
  torch::manual_seed(4);
  const auto c = random_current(torch::kFloat, 2, true);
  auto norm = c.norm;
  norm.running_mean = torch::zeros({20});
  EXPECT_THROW(shortcut_current(Current(c.values, norm), c.earlier, 0.6), Error);
  norm = c.norm;
  norm.weight = torch::ones({20});
  EXPECT_THROW(shortcut_current(Current(c.values, norm), c.earlier, 0.6), Error);
  EXPECT_THROW(shortcut_current(Current(c.values, c.norm), c.earlier.narrow(2, 0, 1), 0.5), Error);
}

}  // namespace
}  // namespace staa::ops
