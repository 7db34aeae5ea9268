#include "staa/train/loss.h"

#include <gtest/gtest.h>

namespace staa::train {
namespace {

TEST(SoftTargets, SmoothingSpreadsItsShareEvenly) {
  const auto targets = soft_targets(torch::tensor({2, 0}, torch::kLong), 4, 0.2);
  const auto expected = torch::tensor({{0.05F, 0.05F, 0.85F, 0.05F}, {0.85F, 0.05F, 0.05F, 0.05F}});
  EXPECT_TRUE(torch::allclose(targets, expected)) << targets;
}

TEST(MeanOutputLoss, IsCrossEntropyOfTheTimeAveragedOutput) {
  torch::manual_seed(3);
  const auto logits = torch::randn({4, 5, 7});
  const auto labels = torch::randint(7, {5}, torch::kLong);
  const auto expected = torch::cross_entropy_loss(logits.mean(0), labels);
  EXPECT_NEAR(mean_output_loss(logits, soft_targets(labels, 7, 0)).item<float>(),
              expected.item<float>(), 1e-6);
}

TEST(MeanOutputLoss, AgreesWithLibTorchOnLabelSmoothing) {
  torch::manual_seed(4);
  const auto logits = torch::randn({1, 5, 7});
  const auto labels = torch::randint(7, {5}, torch::kLong);
  const auto expected = torch::cross_entropy_loss(logits[0], labels, {}, at::Reduction::Mean, -100,
                                                  /*label_smoothing=*/0.1);
  EXPECT_NEAR(mean_output_loss(logits, soft_targets(labels, 7, 0.1)).item<float>(),
              expected.item<float>(), 1e-6);
}

TEST(TetLoss, IsTheMeanOfTheStepsLossesAndTheDistanceFromTheThreshold) {
  torch::manual_seed(5);
  const auto logits = torch::randn({3, 2, 4});
  const auto labels = torch::tensor({1, 3}, torch::kLong);
  double cross = 0;
  double distance = 0;
  for (int t = 0; t < 3; ++t) {
    cross += torch::cross_entropy_loss(logits[t], labels).item<double>() / 3;
    distance += (logits[t] - 1.0).square().mean().item<double>() / 3;
  }
  const auto loss = tet_loss(logits, soft_targets(labels, 4, 0), 0.05, 1.0).item<double>();
  EXPECT_NEAR(loss, 0.95 * cross + 0.05 * distance, 1e-5);
}

TEST(CountHits, CountsTopOneAndTopFive) {
  auto logits = torch::zeros({2, 2, 8});
  logits[0][0][3] = 4;  // first choice of sample 0
  for (int k = 0; k < 5; ++k) logits[1][1][k] = static_cast<float>(k + 1);  // 4, 3, 2, 1, 0
  const auto hits = count_hits(logits, torch::tensor({3, 0}, torch::kLong));
  EXPECT_EQ(hits.top1, 1);
  EXPECT_EQ(hits.top5, 2);
}

TEST(CountHits, WithFewClassesTopFiveCountsAll) {
  const auto hits = count_hits(torch::randn({1, 6, 3}), torch::randint(3, {6}, torch::kLong));
  EXPECT_EQ(hits.top5, 6);
}

}  // namespace
}  // namespace staa::train
