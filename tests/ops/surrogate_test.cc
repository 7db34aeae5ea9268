#include "staa/ops/surrogate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace staa::ops {
namespace {

const Surrogate kAll[] = {Surrogate::kRectangle, Surrogate::kTriangle, Surrogate::kSigmoid,
                          Surrogate::kArctan, Surrogate::kFastSigmoid};

/// The antiderivative of the surrogate that goes from 0 at -infinity to 1 at infinity.
double antiderivative(double x, Surrogate surrogate, double a) {
  switch (surrogate) {
    case Surrogate::kRectangle:
      return std::min(1.0, std::max(0.0, x / a + 0.5));
    case Surrogate::kTriangle: {
      const double u = std::min(1.0, std::max(-1.0, x / a));
      return u < 0 ? (1 + u) * (1 + u) / 2 : 1 - (1 - u) * (1 - u) / 2;
    }
    case Surrogate::kSigmoid:
      return 1 / (1 + std::exp(-4 * x / a));
    case Surrogate::kArctan:
      return std::atan(M_PI * x / a) / M_PI + 0.5;
    case Surrogate::kFastSigmoid:
      return 0.5 + x / a / (1 + 2 * std::abs(x) / a);
  }
  return 0;
}

TEST(Surrogate, IsTheDerivativeOfItsSmoothStep) {
  for (const auto surrogate : kAll) {
    for (const double a : {0.5, 1.0, 2.0}) {
      // These points avoid the kinks of the rectangle and the triangle.
      const auto x = torch::arange(-3.0, 3.0, 0.0137, torch::kDouble);
      const auto found = surrogate_derivative(x, surrogate, a);
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        const double at = x[i].item<double>();
        const double h = 1e-6;
        const double expected =
            (antiderivative(at + h, surrogate, a) - antiderivative(at - h, surrogate, a)) / (2 * h);
        ASSERT_NEAR(found[i].item<double>(), expected, 1e-6)
            << "surrogate " << static_cast<int>(surrogate) << " width " << a << " at " << at;
      }
    }
  }
}

TEST(Surrogate, PeaksAtOneOverItsWidth) {
  for (const auto surrogate : kAll) {
    const auto peak = surrogate_derivative(torch::zeros({1}, torch::kDouble), surrogate, 0.5);
    EXPECT_DOUBLE_EQ(peak.item<double>(), 2.0);
  }
}

TEST(Spike, ScalesItsGradient) {
  const auto v = torch::randn({20}, torch::kDouble).requires_grad_(true);
  spike(v, 0.5, Surrogate::kFastSigmoid, 2, 3).sum().backward();
  EXPECT_TRUE(torch::allclose(
      v.grad(), 3 * surrogate_derivative(v.detach() - 0.5, Surrogate::kFastSigmoid, 2)));
}

TEST(Spike, FiresAtTheThresholdAndAbove) {
  const auto v = torch::tensor({0.999, 1.0, 1.001, -5.0, 5.0}, torch::kDouble);
  const auto s = spike(v, 1.0, Surrogate::kRectangle, 1.0);
  EXPECT_TRUE(s.equal(torch::tensor({0.0, 1.0, 1.0, 0.0, 1.0}, torch::kDouble)));
}

TEST(Spike, PassesTheSurrogateGradientInTheInputsOwnType) {
  for (const auto type : {torch::kFloat, torch::kDouble}) {
    const auto v = torch::tensor({0.4, 0.6, 1.4, 1.6}).to(type).requires_grad_(true);
    const auto s = spike(v, 1.0, Surrogate::kRectangle, 1.0);
    s.backward(torch::tensor({2.0, 3.0, 4.0, 5.0}).to(type));
    EXPECT_EQ(s.scalar_type(), type);
    EXPECT_TRUE(v.grad().equal(torch::tensor({0.0, 3.0, 4.0, 0.0}).to(type))) << v.grad();
  }
}

}  // namespace
}  // namespace staa::ops
