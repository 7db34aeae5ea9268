#include "staa/util/text.h"

#include <gtest/gtest.h>

namespace staa {
namespace {

TEST(Nearest, FindsTheMeantWordAndNothingWhenAllAreFar) {
  const std::vector<std::string> keys{"epochs", "batch", "label_smoothing", "loss"};
  EXPECT_EQ(nearest("epoch", keys), "epochs");
  EXPECT_EQ(nearest("lable_smoothing", keys), "label_smoothing");
  EXPECT_EQ(nearest("quantum", keys), "");
}

TEST(Text, JoinsAndGroups) {
  EXPECT_EQ(join_choices({"a"}), "a");
  EXPECT_EQ(join_choices({"a", "b", "c"}), "a, b or c");
  EXPECT_EQ(with_thousands(12864196), "12,864,196");
  EXPECT_EQ(with_thousands(-1000), "-1,000");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(human_duration(59.4), "59 s");
  EXPECT_EQ(human_duration(245), "4 min 05 s");
  EXPECT_EQ(human_duration(7620), "2 h 07 min");
}

}  // namespace
}  // namespace staa
