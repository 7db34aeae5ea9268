#include "staa/analysis/predictions.h"

#include <gtest/gtest.h>

#include "staa/data/augment/augmented_images.h"
#include "staa/data/sets/image_set.h"
#include "staa/models/registry.h"
#include "staa/train/evaluate.h"
#include "staa/util/random.h"

namespace staa::analysis {
namespace {

constexpr int kCount = 21;

/// Random images of 8x8 pixels in three classes.
data::Loader noise_loader() {
  Random random{9};
  std::vector<std::uint8_t> pixels(kCount * 8 * 8);
  for (auto& p : pixels) p = static_cast<std::uint8_t>(random.below(256));
  std::vector<std::int64_t> labels;
  for (int i = 0; i < kCount; ++i) labels.push_back(i % 3);
  const data::ImageShape shape{1, 8, 8};
  const auto set = std::make_shared<data::ImageSet>(
      "noise", shape, std::vector<std::string>{"a", "b", "c"}, std::move(pixels), labels);
  data::LoaderOptions options;
  options.batch = 4;
  options.shuffle = false;
  options.workers = 0;
  const data::Transform transform(shape, {{0.5F}, {0.3F}});
  return data::Loader(std::make_shared<data::AugmentedImages>(set, transform), options);
}

TEST(Predictions, AreThoseThatEvaluationCounts) {
  torch::manual_seed(2);
  models::NetworkOptions options;
  options.network = "resnet20";
  options.width = 0.125;
  options.in_channels = 1;
  options.classes = 3;
  options.neuron.threshold = 0.2;
  const auto network = models::make_network(options);
  auto loader = noise_loader();
  const auto predictions = predict(*network, loader);
  ASSERT_EQ(predictions.size(), static_cast<std::size_t>(kCount));
  const auto evaluation = train::evaluate(network, loader, torch::kCPU);
  double loss = 0;
  int right = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const auto& p = predictions[i];
    EXPECT_EQ(p.index, static_cast<std::int64_t>(i));
    EXPECT_EQ(p.label, static_cast<std::int64_t>(i % 3));
    EXPECT_GE(p.probability, 1 / 3.0 - 1e-6);
    loss += p.loss;
    right += p.found == p.label ? 1 : 0;
  }
  EXPECT_NEAR(loss / kCount, evaluation.loss, 1e-5);
  EXPECT_NEAR(100.0 * right / kCount, evaluation.top1, 1e-9);

  const auto counts = confusion(predictions, 3);
  std::int64_t diagonal = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    diagonal += counts[i][i];
    EXPECT_EQ(counts[i][0] + counts[i][1] + counts[i][2], kCount / 3);
  }
  EXPECT_EQ(diagonal, right);
}

TEST(Worst, AreWrongWithTheLargestLoss) {
  const std::vector<Prediction> all{
      {0, 1, 1, 0.9, 9.0}, {1, 1, 0, 0.9, 2.0}, {2, 0, 1, 0.9, 5.0}, {3, 0, 1, 0.9, 2.0}};
  const auto two = worst(all, 2);
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].index, 2);
  EXPECT_EQ(two[1].index, 1);
  EXPECT_EQ(worst(all, 10).size(), 3U);
}

}  // namespace
}  // namespace staa::analysis
