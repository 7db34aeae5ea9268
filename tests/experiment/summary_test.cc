#include "staa/experiment/summary.h"

#include <cmath>

#include "support/support.h"

namespace staa::experiment {
namespace {

TEST(Statistic, IsMeanAndSampleDeviation) {
  const auto s = Statistic::of({70, 72, 77});
  EXPECT_EQ(s.count, 3U);
  EXPECT_DOUBLE_EQ(s.mean, 73);
  EXPECT_DOUBLE_EQ(s.deviation.value(), std::sqrt((9.0 + 1.0 + 16.0) / 2));
}

TEST(Statistic, OfOneValueHasNoDeviation) {
  EXPECT_FALSE(Statistic::of({70}).deviation);
  EXPECT_DOUBLE_EQ(Statistic::of({70}).mean, 70);
  EXPECT_EQ(Statistic::of({}).count, 0U);
}

TEST(Gain, IsTheDifferenceOfMeansWithItsStandardError) {
  const auto gain = gain_over(Statistic::of({70, 72}), Statistic::of({74, 75, 76, 79}));
  EXPECT_DOUBLE_EQ(gain.value, 5);
  // Variances 2 and 14/3 over 2 and 4 runs.
  EXPECT_DOUBLE_EQ(gain.error.value(), std::sqrt(2.0 / 2 + 14.0 / 3 / 4));
  EXPECT_FALSE(gain.within_noise());
}

TEST(Gain, OfSingleRunsIsNotToldFromChance) {
  const auto gain = gain_over(Statistic::of({70}), Statistic::of({90}));
  EXPECT_DOUBLE_EQ(gain.value, 20);
  EXPECT_FALSE(gain.error);
  EXPECT_TRUE(gain.within_noise());
}

TEST(Summary, OfAGridThatHasNotRunIsEmpty) {
  const test::TempFolder folder;
  const auto definition = find_definition("fig2");
  GridOptions options;
  const auto summary = summarise(definition, options, expand(definition, options, folder.path()));
  EXPECT_EQ(summary.runs, 15U);
  EXPECT_EQ(summary.finished, 0U);
  EXPECT_EQ(summary.data, "cifar10");
  ASSERT_EQ(summary.cells.size(), 5U);
  EXPECT_FALSE(summary.cells[1].difference);
  EXPECT_FALSE(summary.cells[1].gain);
  EXPECT_NEAR(summary.cells[1].paper_gain.value(), -0.21, 1e-9);
  EXPECT_FALSE(summary.cells[0].paper_gain) << "the paper gives no figure for (a)";
}

}  // namespace
}  // namespace staa::experiment
