#include "staa/ops/convolution.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <vector>

#include "ops/compare.h"
#include "staa/kernels/winograd/winograd.h"
#include "staa/ops/convolution_shape.h"
#include "staa/ops/implementation.h"
#include "staa/util/random.h"

namespace staa::ops {
namespace {

using kernels::ConvolutionShape;
using test::for_targets;
using torch::Tensor;

constexpr auto kLayout = torch::MemoryFormat::ChannelsLast;

struct WinogradCase {
  Tensor x;
  Tensor weight;
  Tensor dy;
};

WinogradCase winograd_case(std::uint64_t seed) {
  Random random{seed, 6};
  torch::manual_seed(static_cast<std::int64_t>(seed));
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random.uniform() * static_cast<double>(high - low + 1));
  };
  const auto images = between(1, 4);
  const auto in = between(1, 70);
  const auto out = between(1, 90);
  const auto height = between(1, 14);
  const auto width = between(1, 14);
  return {torch::randn({images, in, height, width}).contiguous(kLayout),
          torch::randn({out, in, 3, 3}).contiguous(kLayout),
          torch::randn({images, out, height, width}).contiguous(kLayout)};
}

/// The kernels' output or input gradient, with the tiles taken in `parts` calls.
Tensor convolve(const Tensor& x, const Tensor& weight, kernels::WinogradUse use,
                std::size_t parts) {
  auto shape = convolution_shape(x, weight, 1, 1);
  if (use == kernels::WinogradUse::kInputGradient) {
    shape.out = static_cast<std::size_t>(weight.size(1));
  }
  EXPECT_TRUE(kernels::takes_winograd(shape));
  const auto transformed = torch::empty({signed_size(kernels::winograd_weights_size(shape))});
  kernels::winograd_weights(shape, use, weight.data_ptr<float>(), transformed.data_ptr<float>(),
                            {0, kernels::winograd_panels(shape)});
  auto y = torch::full({x.size(0), signed_size(shape.out), x.size(2), x.size(3)}, NAN)
               .contiguous(kLayout);
  const auto tiles = kernels::winograd_tiles(shape);
  for (std::size_t i = 0; i < parts; ++i) {
    kernels::winograd_convolution(shape, x.data_ptr<float>(), transformed.data_ptr<float>(),
                                  y.data_ptr<float>(),
                                  {i * tiles / parts, (i + 1) * tiles / parts});
  }
  return y;
}

Tensor weight_gradient(const WinogradCase& c, std::size_t parts) {
  const auto shape = convolution_shape(c.x, c.weight, 1, 1);
  const auto sums =
      torch::zeros({signed_size(parts), signed_size(kernels::winograd_weights_size(shape))});
  const auto tiles = kernels::winograd_tiles(shape);
  for (std::size_t i = 0; i < parts; ++i) {
    kernels::winograd_weight_gradient(shape, c.x.data_ptr<float>(), c.dy.data_ptr<float>(),
                                      sums[signed_size(i)].data_ptr<float>(),
                                      {i * tiles / parts, (i + 1) * tiles / parts});
  }
  auto gradient = torch::empty_like(c.weight);
  kernels::restore_winograd_weights(shape, sums.data_ptr<float>(), parts,
                                    gradient.data_ptr<float>(),
                                    {0, kernels::winograd_panels(shape)});
  return gradient;
}

/// `terms` is the number of products that make up one value.
void expect_near(const char* what, const Tensor& found, const Tensor& expected,
                 std::int64_t terms) {
  const auto error = (found.to(torch::kDouble) - expected).abs().max().item<double>();
  EXPECT_LE(error, 5e-5 * std::sqrt(static_cast<double>(terms))) << what;
}

TEST(Winograd, MatchesTheDirectConvolutionInDoubleOnEveryTarget) {
  for_targets([] {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      SCOPED_TRACE(seed);
      const auto c = winograd_case(seed);
      const auto x = c.x.to(torch::kDouble).requires_grad_(true);
      const auto weight = c.weight.to(torch::kDouble).requires_grad_(true);
      const auto y = torch::conv2d(x, weight, {}, 1, 1);
      const std::vector<Tensor> gradients =
          torch::autograd::grad({y}, {x, weight}, {c.dy.to(torch::kDouble)});
      const auto parts = 1 + seed % 3;
      expect_near("output", convolve(c.x, c.weight, kernels::WinogradUse::kForward, parts), y,
                  9 * c.x.size(1));
      expect_near("gradient of x",
                  convolve(c.dy, c.weight, kernels::WinogradUse::kInputGradient, parts),
                  gradients[0], 9 * c.weight.size(0));
      expect_near("gradient of the weight", weight_gradient(c, parts), gradients[1],
                  c.x.size(0) * c.x.size(2) * c.x.size(3));
    }
  });
}

/// So many tiles that each call takes several blocks of them, the last of which is not full.
TEST(Winograd, TakesManyImages) {
  torch::manual_seed(8);
  const WinogradCase c{torch::randn({41, 72, 13, 9}).contiguous(kLayout),
                       torch::randn({36, 72, 3, 3}).contiguous(kLayout),
                       torch::randn({41, 36, 13, 9}).contiguous(kLayout)};
  const auto x = c.x.to(torch::kDouble).requires_grad_(true);
  const auto weight = c.weight.to(torch::kDouble).requires_grad_(true);
  const auto y = torch::conv2d(x, weight, {}, 1, 1);
  const std::vector<Tensor> gradients =
      torch::autograd::grad({y}, {x, weight}, {c.dy.to(torch::kDouble)});
  expect_near("output", convolve(c.x, c.weight, kernels::WinogradUse::kForward, 1), y, 9 * 72);
  expect_near("gradient of x", convolve(c.dy, c.weight, kernels::WinogradUse::kInputGradient, 1),
              gradients[0], 9 * 36);
  expect_near("gradient of the weight", weight_gradient(c, 1), gradients[1], 41 * 13 * 9);
}

TEST(Winograd, GivesAnImageTheSameBitsAloneAndInABatch) {
  torch::manual_seed(1);
  const auto x = torch::randn({9, 24, 7, 7}).contiguous(kLayout);
  const auto weight = torch::randn({40, 24, 3, 3}).contiguous(kLayout);
  const auto forward = kernels::WinogradUse::kForward;
  const auto together = convolve(x, weight, forward, 1);
  EXPECT_TRUE(together.equal(convolve(x, weight, forward, 5)));
  EXPECT_TRUE(together.slice(0, 4, 5).equal(
      convolve(x.slice(0, 4, 5).contiguous(kLayout), weight, forward, 1)));
}

/// Output and gradients of dense_convolution() and of LibTorch's, for random weights of the output.
void expect_convolved(const Tensor& x, const Tensor& weight, std::int64_t stride,
                      std::int64_t padding) {
  const auto run = [&](const Tensor& y) {
    torch::manual_seed(3);
    auto all = torch::autograd::grad({y}, {x, weight}, {torch::randn(y.sizes(), y.options())});
    all.push_back(y);
    return all;
  };
  const auto found = run(dense_convolution(x, weight, stride, padding));
  const auto expected = run(torch::conv2d(x, weight, {}, stride, padding));
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].sizes(), expected[i].sizes());
    EXPECT_LE((found[i] - expected[i]).abs().max().item<double>(),
              1e-4 * (1 + expected[i].abs().max().item<double>()))
        << "tensor " << i;
  }
}

TEST(DenseConvolution, MatchesLibTorchWithEitherAlgorithm) {
  torch::manual_seed(2);
  const auto x = torch::randn({20, 24, 9, 8});
  const auto weight = torch::randn({40, 24, 3, 3});
  EXPECT_TRUE(uses_winograd(x, weight, 1, 1));
  const auto leaf = [](const Tensor& tensor) { return tensor.detach().requires_grad_(true); };
  expect_convolved(leaf(x), leaf(weight), 1, 1);
  expect_convolved(leaf(x.contiguous(kLayout)), leaf(weight.contiguous(kLayout)), 1, 1);
  const struct {
    Tensor x;
    Tensor weight;
    std::int64_t stride;
    std::int64_t padding;
  } direct[] = {{x, weight, 2, 1},
                {x, weight, 1, 0},
                {x.to(torch::kDouble), weight.to(torch::kDouble), 1, 1},
                {x, torch::randn({40, 24, 1, 1}), 1, 0},
                {torch::randn({20, 24, 6, 6}), weight, 1, 1},
                {x, torch::randn({3, 24, 3, 3}), 1, 1}};
  for (const auto& c : direct) {
    EXPECT_FALSE(uses_winograd(c.x, c.weight, c.stride, c.padding));
    expect_convolved(leaf(c.x), leaf(c.weight), c.stride, c.padding);
  }
  const UseReference reference;
  EXPECT_FALSE(uses_winograd(x, weight, 1, 1));
}

TEST(DenseConvolution, ComputesOnlyTheGradientsThatAreNeeded) {
  torch::manual_seed(4);
  const auto x = torch::randn({20, 24, 9, 8});
  const auto weight = torch::randn({40, 24, 3, 3}).requires_grad_(true);
  dense_convolution(x, weight, 1, 1).sum().backward();
  EXPECT_TRUE(weight.grad().defined());
  const auto input = torch::randn({20, 24, 9, 8}).requires_grad_(true);
  dense_convolution(input, weight.detach(), 1, 1).sum().backward();
  EXPECT_TRUE(input.grad().defined());
  const auto dy = torch::randn({20, 40, 9, 8});
  for (const bool winograd : {false, true}) {
    for (const bool of_x : {false, true}) {
      for (const bool of_weight : {false, true}) {
        const torch::NoGradGuard no_grad;
        const auto found = convolution_gradients(winograd, dy, x, weight, 1, 1, of_x, of_weight);
        EXPECT_EQ(found.x.defined(), of_x);
        EXPECT_EQ(found.weight.defined(), of_weight);
      }
    }
  }
}

TEST(DenseConvolution, HasSecondDerivatives) {
  torch::manual_seed(5);
  const auto x = torch::randn({20, 24, 9, 8}).requires_grad_(true);
  const auto weight = (torch::randn({40, 24, 3, 3}) * 0.1).requires_grad_(true);
  const auto penalty = [&](const Tensor& y) {
    const auto dx =
        torch::autograd::grad({y.square().sum()}, {x}, {}, {}, /*create_graph=*/true)[0];
    return torch::autograd::grad({dx.square().sum()}, {weight})[0];
  };
  const auto found = penalty(dense_convolution(x, weight, 1, 1));
  const auto expected = penalty(torch::conv2d(x, weight, {}, 1, 1));
  EXPECT_LE((found - expected).abs().max().item<double>(),
            1e-3 * expected.abs().max().item<double>());
}

}  // namespace
}  // namespace staa::ops
