#include "staa/data/source.h"

#include <memory>
#include <numeric>
#include <utility>

#include "data/fixtures.h"
#include "staa/data/augment/augmented_images.h"
#include "staa/data/loading/loader.h"
#include "staa/data/sets/subset.h"

namespace staa::data {
namespace {

using test::expect_error;
using Values = std::vector<float>;

/// Each sample has two frames of 1x2 pixels and 2 channels. A value encodes its sample and its
/// position: 100 * index + position. Samples in `corrupt` cannot be read.
class Frames : public Source {
 public:
  explicit Frames(std::int64_t size, std::vector<std::int64_t> corrupt = {})
      : size_(size), corrupt_(std::move(corrupt)) {}
  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override { return index % 2; }
  SampleShape shape() const override { return {2, 2, 1, 2}; }
  void read(std::int64_t index, Random& random, float* out) const override {
    std::iota(out, out + shape().values(), 100.0F * static_cast<float>(index));
    for (const auto bad : corrupt_) {
      if (index == bad) fail(ErrorKind::kInput, "frame{}: torn", index);
    }
  }

 private:
  std::string name_ = "frames";
  std::vector<std::string> classes_{"even", "odd"};
  std::int64_t size_;
  std::vector<std::int64_t> corrupt_;
};

LoaderOptions in_order(std::int64_t batch, bool skip_corrupt = false) {
  LoaderOptions options;
  options.batch = batch;
  options.shuffle = false;
  options.workers = 1;
  options.skip_corrupt = skip_corrupt;
  return options;
}

TEST(Source, AnImageIsOneStep) {
  const auto images = random_set(3, {3, 4, 5}, 2);
  const AugmentedImages source(images, Transform({3, 4, 5}, {{0, 0, 0}, {1, 1, 1}}));
  EXPECT_TRUE((source.shape() == SampleShape{1, 3, 4, 5}));
  EXPECT_EQ(describe(source.shape()), "4x5x3");
  EXPECT_EQ(describe(Frames(1).shape()), "2 frames of 1x2x2");
}

TEST(Source, ImagesAndTransformMustAgreeInShape) {
  const auto images = random_set(1, {3, 8, 9}, 1);
  expect_error(ErrorKind::kUsage,
               {"random: expected a transform for images of 8x9x3, found one for 8x8x3"}, [&] {
                 AugmentedImages(images, Transform({3, 8, 8}, {{0, 0, 0}, {1, 1, 1}}));
               });
}

TEST(Source, FramesComeStepByStep) {
  Loader loader(std::make_shared<Frames>(3), in_order(2));
  loader.start(0);
  EXPECT_EQ(loader.next()->values,
            (Values{0, 1, 2, 3, 100, 101, 102, 103, 4, 5, 6, 7, 104, 105, 106, 107}));
  EXPECT_EQ(loader.next()->values, (Values{200, 201, 202, 203, 204, 205, 206, 207}));
}

TEST(Source, CorruptSamplesAreRefusedUnlessTheyMayBeSkipped) {
  const auto source = std::make_shared<Frames>(5, std::vector<std::int64_t>{1, 2, 3});
  Loader strict(source, in_order(2));
  strict.start(0);
  expect_error(ErrorKind::kInput, {"frame1: torn"}, [&] { (void)strict.next(); });

  Loader lenient(source, in_order(2, true));
  lenient.start(0);
  const auto one_left = lenient.next();
  ASSERT_TRUE(one_left);
  EXPECT_EQ(one_left->size, 1);
  EXPECT_EQ(one_left->values, (Values{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(one_left->labels, std::vector<std::int64_t>{0});
  EXPECT_EQ(one_left->skipped, std::vector<std::string>{"frame1: torn"});
  const auto none_left = lenient.next();
  ASSERT_TRUE(none_left);
  EXPECT_EQ(none_left->size, 0);
  EXPECT_TRUE(none_left->values.empty());
  EXPECT_EQ(none_left->skipped.size(), 2U);
  const auto last = lenient.next();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->indices, std::vector<std::int64_t>{4});
  EXPECT_TRUE(last->skipped.empty());
  EXPECT_FALSE(lenient.next());
}

TEST(Source, SubsetsAreBalanced) {
  const auto source = std::make_shared<Frames>(9);
  const auto four = first(std::shared_ptr<const Source>(source), 4);
  ASSERT_EQ(four->size(), 4);
  EXPECT_EQ(four->label(3), 1);
  Values values(8);
  Random random{1};
  four->read(3, random, values.data());
  EXPECT_EQ(values.front(), 300.0F);
  EXPECT_EQ(first(std::shared_ptr<const Source>(source), 9), source);
  expect_error(ErrorKind::kUsage, {"frames: cannot take -1 samples"},
               [&] { first(std::shared_ptr<const Source>(source), -1); });
  expect_error(ErrorKind::kUsage, {"frames: no sample 9: expected 0 to 8"},
               [&] { SourceSubset(source, {9}); });
}

}  // namespace
}  // namespace staa::data
