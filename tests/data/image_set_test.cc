#include "staa/data/sets/image_set.h"

#include <map>
#include <set>

#include "data/fixtures.h"
#include "staa/data/sets/subset.h"

namespace staa::data {
namespace {

using test::expect_error;

TEST(ImageSet, HoldsImagesInOrder) {
  const ImageSet set("tiny", {1, 1, 2}, {"a", "b"}, {1, 2, 3, 4}, {1, 0});
  EXPECT_EQ(set.size(), 2);
  EXPECT_EQ(set.label(0), 1);
  EXPECT_EQ(sample(set, 0), (std::vector<std::uint8_t>{1, 2}));
  EXPECT_EQ(sample(set, 1), (std::vector<std::uint8_t>{3, 4}));
}

TEST(ImageSet, MayBeEmpty) { EXPECT_EQ(ImageSet("none", {3, 4, 4}, {"a"}, {}, {}).size(), 0); }

TEST(ImageSet, RefusesWhatDoesNotFit) {
  expect_error(ErrorKind::kInput, {"tiny", "expected 4 bytes for 2 images of 1x2x1", "found 3"},
               [] {
                 ImageSet("tiny", {1, 1, 2}, {"a"}, {1, 2, 3}, {0, 0});
               });
  expect_error(ErrorKind::kInput, {"tiny: image 1: label 2 is out of range: expected 0 to 1"}, [] {
    ImageSet("tiny", {1, 1, 1}, {"a", "b"}, {1, 2}, {0, 2});
  });
  expect_error(ErrorKind::kInput, {"label -1"}, [] {
    ImageSet("tiny", {1, 1, 1}, {"a"}, {1}, {-1});
  });
  expect_error(ErrorKind::kInput, {"1 or 3 channels, found 2"}, [] {
    ImageSet("tiny", {2, 1, 1}, {"a"}, {1, 2}, {0});
  });
  expect_error(ErrorKind::kInput, {"0x1 pixels"}, [] {
    ImageSet("tiny", {1, 1, 0}, {"a"}, {}, {});
  });
  expect_error(ErrorKind::kInput, {"at least one class"}, [] {
    ImageSet("tiny", {1, 1, 1}, {}, {}, {});
  });
}

std::map<std::int64_t, int> count_labels(const Dataset& set) {
  std::map<std::int64_t, int> counts;
  for (std::int64_t i = 0; i < set.size(); ++i) ++counts[set.label(i)];
  return counts;
}

TEST(First, IsBalancedAndKeepsTheOrder) {
  // 20 samples of class 0, then 20 of class 1, then 2 of class 2.
  std::vector<std::int64_t> labels(20, 0);
  labels.resize(40, 1);
  labels.resize(42, 2);
  std::vector<std::uint8_t> pixels;
  for (std::uint8_t i = 0; i < 42; ++i) pixels.push_back(i);
  const auto set = std::make_shared<ImageSet>(
      "s", ImageShape{1, 1, 1}, std::vector<std::string>{"a", "b", "c"}, pixels, labels);
  const auto five = first(set, 5);
  const auto pixel = [&](std::int64_t i) { return sample(*five, i).front(); };
  ASSERT_EQ(five->size(), 5);
  EXPECT_EQ(std::vector<int>({pixel(0), pixel(1), pixel(2), pixel(3), pixel(4)}),
            std::vector<int>({0, 1, 20, 21, 40}));
  // Class 2 runs out of samples; the others share the rest.
  EXPECT_EQ(count_labels(*first(set, 12)), (std::map<std::int64_t, int>{{0, 5}, {1, 5}, {2, 2}}));
  EXPECT_EQ(first(set, 0)->size(), 0);
  EXPECT_EQ(first(set, 42), set);
  EXPECT_EQ(first(set, 100), set);
}

TEST(First, DependsOnItsSeedAlone) {
  const auto set = random_set(100, {1, 1, 1}, 4);
  const auto indices = [&](std::optional<std::uint64_t> seed) {
    return std::dynamic_pointer_cast<const Subset>(first(set, 12, seed))->indices();
  };
  EXPECT_EQ(indices(3), indices(3));
  EXPECT_NE(indices(3), indices(4));
  EXPECT_NE(indices(3), indices(std::nullopt));
  const auto drawn = indices(3);
  EXPECT_EQ(std::set<std::int64_t>(drawn.begin(), drawn.end()).size(), 12U);
  EXPECT_EQ(count_labels(*first(set, 12, 3)),
            (std::map<std::int64_t, int>{{0, 3}, {1, 3}, {2, 3}, {3, 3}}));
}

TEST(First, RefusesImpossibleArguments) {
  const auto set = random_set(4, {1, 1, 1}, 2);
  expect_error(ErrorKind::kUsage, {"cannot take -1 samples"}, [&] { first(set, -1); });
  expect_error(ErrorKind::kUsage, {"no sample 4: expected 0 to 3"}, [&] { Subset(set, {0, 4}); });
}

}  // namespace
}  // namespace staa::data
