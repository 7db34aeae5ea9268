#include "staa/data/sets/adapt.h"

#include "data/fixtures.h"

namespace staa::data {
namespace {

/// One image of 2x2 pixels with the given values.
std::shared_ptr<const ImageSet> two_by_two(std::int64_t channels, std::vector<std::uint8_t> values,
                                           std::int64_t label = 1) {
  return std::make_shared<ImageSet>("small", ImageShape{channels, 2, 2},
                                    std::vector<std::string>{"a", "b"}, std::move(values),
                                    std::vector<std::int64_t>{label});
}

TEST(Adapted, TakesTheNearestPixelAndRepeatsOneChannel) {
  const Adapted set(two_by_two(1, {10, 20, 30, 40}), {3, 4, 2}, 2);
  EXPECT_EQ(sample(set, 0), (std::vector<std::uint8_t>{10, 10, 10, 20, 20, 20,  //
                                                       10, 10, 10, 20, 20, 20,  //
                                                       30, 30, 30, 40, 40, 40,  //
                                                       30, 30, 30, 40, 40, 40}));
}

TEST(Adapted, AveragesChannels) {
  const Adapted set(two_by_two(3, {0, 3, 6, 255, 255, 255, 1, 1, 2, 9, 9, 9}), {1, 2, 2}, 2);
  EXPECT_EQ(sample(set, 0), (std::vector<std::uint8_t>{3, 255, 1, 9}));
}

TEST(Adapted, LeavesAnEqualShapeAlone) {
  const auto parent = random_set(3, {3, 5, 4}, 2);
  const Adapted set(parent, {3, 5, 4}, 2);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(sample(set, i), sample(*parent, i));
}

TEST(Adapted, PadsClassesAndFoldsLabels) {
  const Adapted more(two_by_two(1, {1, 2, 3, 4}), {1, 2, 2}, 100);
  EXPECT_EQ(more.classes().size(), 100U);
  EXPECT_EQ(more.label(0), 1);
  EXPECT_NE(more.name().find("small as 1x2x2"), std::string::npos);
  const Adapted fewer(two_by_two(1, {1, 2, 3, 4}), {1, 2, 2}, 1);
  EXPECT_EQ(fewer.label(0), 0);
}

TEST(PublishedFacts, KnowsTheStillImageSets) {
  EXPECT_EQ(published_facts("cifar100")->classes, 100);
  EXPECT_TRUE(published_facts("imagenet")->shape == (ImageShape{3, 224, 224}));
  EXPECT_FALSE(published_facts("cifar10-dvs").has_value());
}

}  // namespace
}  // namespace staa::data
