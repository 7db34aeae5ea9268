#include "staa/train/loss_scale.h"

#include <torch/nn/modules/linear.h>

#include <limits>

#include "distributed/together.h"
#include "staa/distributed/gradient_sum.h"
#include "staa/train/optimizer.h"

namespace staa::train {
namespace {

TEST(LossScale, HalvesAtOnceAndDoublesAfterALongWalk) {
  LossScale scale;
  scale.value = 1024;
  for (std::int64_t i = 1; i < LossScale::kGrowthSteps; ++i) scale.follow(true);
  EXPECT_EQ(scale.value, 1024);
  scale.follow(false);
  EXPECT_EQ(scale.value, 512);
  // The count of steps starts again.
  for (std::int64_t i = 1; i < LossScale::kGrowthSteps; ++i) scale.follow(true);
  EXPECT_EQ(scale.value, 512);
  scale.follow(true);
  EXPECT_EQ(scale.value, 1024);
}

TEST(LossScale, KeepsWithinItsBounds) {
  LossScale scale;
  scale.value = 4;
  scale.follow(false);
  EXPECT_TRUE(scale.can_fall());
  for (int i = 0; i < 5; ++i) scale.follow(false);
  EXPECT_EQ(scale.value, LossScale::kLeast);
  EXPECT_FALSE(scale.can_fall());
  for (std::int64_t i = 0; i < 30 * LossScale::kGrowthSteps; ++i) scale.follow(true);
  EXPECT_EQ(scale.value, LossScale::kMost);
}

TEST(LossScale, UnscaledGradientsAreThoseOfThePlainLoss) {
  torch::manual_seed(3);
  torch::nn::Linear layer(3, 2);
  Optimizer optimizer(*layer, {});
  const auto x = torch::randn({4, 3});
  const auto gradient = [&](double scale) {
    optimizer.zero_grad();
    (layer->forward(x).square().sum() * scale).backward();
    optimizer.unscale_gradients(scale);
    return layer->weight.grad().clone();
  };
  const auto plain = gradient(1);
  EXPECT_GT(plain.abs().max().item<float>(), 0);
  EXPECT_TRUE(gradient(65536).equal(plain));
}

TEST(LossScale, ClippingComesAfterUnscaling) {
  torch::nn::Linear layer(2, 1);
  Optimizer optimizer(*layer, {});
  const auto clipped = [&](double scale) {
    optimizer.zero_grad();
    (layer->forward(torch::full({1, 2}, 3.0)).sum() * scale).backward();
    optimizer.unscale_gradients(scale);
    optimizer.clip_gradients(1);
    return layer->weight.grad().clone();
  };
  EXPECT_TRUE(clipped(1024).equal(clipped(1)));
}

/// The overflow happens in only one process. The sum carries it to all, and all must skip and
/// rescale.
TEST(LossScale, AllProcessesDecideAlike) {
  STAA_NEEDS_MANY_PROCESSES();
  test::together(3, [](const std::shared_ptr<distributed::Communicator>& all) {
    torch::nn::Linear layer(3, 2);
    Optimizer optimizer(*layer, {});
    distributed::GradientSum gradients(*layer, all);
    LossScale scale;
    scale.value = 64;
    for (const bool overflows : {false, true, false}) {
      const bool here = overflows && all->rank() == 1;
      optimizer.zero_grad();
      gradients.begin();
      const auto x = torch::full({4, 3}, here ? std::numeric_limits<float>::infinity() : 1.0F);
      (layer->forward(x).sum() * scale.value).backward();
      gradients.finish();
      optimizer.unscale_gradients(scale.value);
      const bool finite = optimizer.gradients_are_finite();
      EXPECT_EQ(finite, !overflows) << "rank " << all->rank();
      scale.follow(finite);
    }
    EXPECT_EQ(scale.value, 32) << "rank " << all->rank();
    EXPECT_EQ(scale.steps, 1) << "rank " << all->rank();
  });
}

}  // namespace
}  // namespace staa::train
