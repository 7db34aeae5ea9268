#include "staa/ops/average_pool.h"

#include <gtest/gtest.h>

#include <random>

#include "staa/util/random.h"

namespace staa::ops {
namespace {

/// Compares with LibTorch's pool, forward and backward, over random shapes.
TEST(AveragePool, IsLibTorchsWithACeiling) {
  const std::uint64_t seed = std::random_device{}();
  Random random{seed, 4};
  torch::manual_seed(seed);
  for (const auto type : {torch::kFloat, torch::kDouble, torch::kBFloat16}) {
    for (int i = 0; i < 30; ++i) {
      const auto size = [&](std::int64_t most) { return 1 + random.below(most); };
      const auto shape = std::vector<std::int64_t>{size(4), size(40), size(9), size(9)};
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << shape << ", " << type);
      const auto x = torch::randn(shape).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
      const auto ours = x.clone().requires_grad_(true);
      const auto theirs = x.clone().requires_grad_(true);
      const auto y = average_pool2(ours);
      const auto expected = torch::avg_pool2d(theirs, 2, 2, 0, /*ceil_mode=*/true);
      const auto rounding = type == torch::kBFloat16 ? 1e-2 : 1e-6;
      ASSERT_EQ(y.sizes(), expected.sizes());
      EXPECT_TRUE(y.allclose(expected, rounding, rounding));
      const auto dy = torch::randn_like(y);
      y.backward(dy);
      expected.backward(dy);
      EXPECT_TRUE(ours.grad().allclose(theirs.grad(), rounding, rounding));
    }
  }
}

}  // namespace
}  // namespace staa::ops
