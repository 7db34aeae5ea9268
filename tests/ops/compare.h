#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

namespace staa::test {

/// Runs `f` once for every instruction set that the kernels are compiled for and this machine
/// supports.
template <typename F>
void for_targets(F f) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    f();
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// Returns the gradients of a random weighting of the spikes, followed by the spikes.
inline std::vector<torch::Tensor> spikes_and_gradients(const torch::Tensor& spikes,
                                                       const std::vector<torch::Tensor>& inputs) {
  torch::manual_seed(7);
  const auto weights = torch::randn(spikes.sizes(), spikes.options());
  auto all = torch::autograd::grad({(spikes * weights).sum()}, inputs, {}, {}, false,
                                   /*allow_unused=*/true);
  all.push_back(spikes);
  return all;
}

/// Each list ends with the spikes, which must be equal.
inline void expect_equal(const std::vector<torch::Tensor>& fused,
                         const std::vector<torch::Tensor>& reference, double tolerance) {
  ASSERT_EQ(fused.size(), reference.size());
  ASSERT_TRUE(fused.back().equal(reference.back())) << "spikes differ";
  for (std::size_t i = 0; i < fused.size(); ++i) {
    const auto& expected = reference[i];
    if (!expected.defined()) {
      EXPECT_TRUE(!fused[i].defined() || fused[i].abs().max().item<double>() == 0) << "input " << i;
      continue;
    }
    ASSERT_TRUE(fused[i].defined()) << "input " << i;
    ASSERT_EQ(fused[i].sizes(), expected.sizes()) << "input " << i;
    const auto scale = 1 + expected.abs().max().item<double>();
    EXPECT_LE((fused[i] - expected).abs().max().item<double>(), tolerance * scale) << "input " << i;
  }
}

}  // namespace staa::test
