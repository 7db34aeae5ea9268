#pragma once

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <functional>
#include <vector>

namespace staa::test {

/// Compares the gradients of sum(f() * weights), with random weights, with central differences,
/// element by element. `inputs` are the leaves that f reads, in double.
inline void expect_gradients_match(const std::function<torch::Tensor()>& f,
                                   const std::vector<torch::Tensor>& inputs,
                                   double tolerance = 1e-6) {
  const auto weights = torch::randn_like(f());
  const auto loss = [&] { return (f() * weights).sum(); };
  const auto gradients = torch::autograd::grad({loss()}, inputs, {}, /*retain_graph=*/{}, false,
                                               /*allow_unused=*/true);
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_TRUE(gradients[i].defined()) << "input " << i << " has no gradient";
    ASSERT_TRUE(inputs[i].is_contiguous());
    auto flat = inputs[i].detach();
    auto numbers = flat.data_ptr<double>();
    const auto gradient = gradients[i].contiguous();
    for (std::int64_t j = 0; j < flat.numel(); ++j) {
      const double kept = numbers[j];
      const double step = 1e-5;
      numbers[j] = kept + step;
      const double above = loss().item<double>();
      numbers[j] = kept - step;
      const double below = loss().item<double>();
      numbers[j] = kept;
      const double expected = (above - below) / (2 * step);
      const double found = gradient.data_ptr<double>()[j];
      ASSERT_NEAR(found, expected, tolerance * (1 + std::abs(expected)))
          << "input " << i << ", element " << j;
    }
  }
}

}  // namespace staa::test
