#include "staa/train/schedule.h"

#include <gtest/gtest.h>

namespace staa::train {
namespace {

ScheduleOptions schedule(ScheduleKind kind) {
  ScheduleOptions options;
  options.kind = kind;
  options.min_lr = 0.01;
  return options;
}

TEST(Schedule, CosineFallsFromTheRateToItsLeast) {
  const auto s = schedule(ScheduleKind::kCosine);
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 0, 10), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 5, 10), 0.055);
  EXPECT_NEAR(learning_rate(s, 0.1, 10, 10), 0.01, 1e-12);
  EXPECT_NEAR(learning_rate(s, 0.1, 12, 10), 0.01, 1e-12);
}

TEST(Schedule, WarmsUpLinearlyThenStartsTheCosine) {
  auto s = schedule(ScheduleKind::kCosine);
  s.warmup_epochs = 2;
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 0, 10), 0);
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 1, 10), 0.05);
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 2, 10), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 6, 10), 0.055);
}

TEST(Schedule, LinearFallsToItsLeast) {
  auto s = schedule(ScheduleKind::kLinear);
  s.warmup_epochs = 2;
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 1, 10), 0.05);
  EXPECT_DOUBLE_EQ(learning_rate(s, 0.1, 6, 10), 0.055);
  EXPECT_NEAR(learning_rate(s, 0.1, 10, 10), 0.01, 1e-12);
}

TEST(Schedule, StepsAtItsMilestones) {
  auto s = schedule(ScheduleKind::kStep);
  s.milestones = {3, 6};
  s.gamma = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate(s, 1, 2.99, 10), 1);
  EXPECT_DOUBLE_EQ(learning_rate(s, 1, 3, 10), 0.1);
  EXPECT_NEAR(learning_rate(s, 1, 6.5, 10), 0.01, 1e-15);
}

TEST(Schedule, ConstantStays) {
  EXPECT_DOUBLE_EQ(learning_rate(schedule(ScheduleKind::kConstant), 0.3, 9.9, 10), 0.3);
}

}  // namespace
}  // namespace staa::train
