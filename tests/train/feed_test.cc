#include "staa/train/feed.h"

#include <algorithm>
#include <atomic>

#include "support/support.h"

namespace staa::train {
namespace {

/// All values of sample i are i. One sample may be broken.
class Fields : public data::Source {
 public:
  explicit Fields(std::int64_t steps = 1, std::int64_t broken = -1)
      : shape_{steps, 2, 3, 4}, broken_(broken) {}

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return 10; }
  data::SampleShape shape() const override { return shape_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override { return index % 2; }
  void read(std::int64_t index, Random& random, float* out) const override {
    ++reads;
    if (index == broken_) fail(ErrorKind::kInput, "sample {} is broken", index);
    std::fill_n(out, shape_.values(), static_cast<float>(index));
  }

  mutable std::atomic<int> reads{0};

 private:
  std::string name_ = "fields";
  data::SampleShape shape_;
  std::vector<std::string> classes_{"even", "odd"};
  std::int64_t broken_;
};

/// Makes batches of 4, 4 and 2 in order.
data::LoaderOptions options(bool skip_corrupt = false) {
  data::LoaderOptions result;
  result.batch = 4;
  result.shuffle = false;
  result.workers = 0;
  result.skip_corrupt = skip_corrupt;
  return result;
}

/// The first value of every remaining sample of the epoch.
std::vector<float> rest(Feed& feed) {
  std::vector<float> seen;
  while (const auto batch = feed.next()) {
    const auto& images = batch->tensors.inputs;
    EXPECT_EQ(images.size(kBatchDimension), batch->size);
    EXPECT_EQ(batch->tensors.labels.size(0), batch->size);
    const auto still = images[0];
    EXPECT_TRUE(still.is_contiguous(torch::MemoryFormat::ChannelsLast));
    for (std::int64_t i = 0; i < batch->size; ++i) {
      seen.push_back(still[i].flatten()[0].item<float>());
    }
  }
  EXPECT_FALSE(feed.next()) << "the end of an epoch is not its last batch alone";
  return seen;
}

class FeedAhead : public testing::TestWithParam<bool> {};

TEST_P(FeedAhead, DeliversTheLoadersBatchesInOrder) {
  for (const std::int64_t steps : {1, 3}) {
    const auto source = std::make_shared<Fields>(steps);
    data::Loader loader(source, options());
    Feed feed(loader, torch::kCPU, GetParam());
    for (const std::int64_t epoch : {0, 1}) {
      feed.start(epoch);
      EXPECT_EQ(rest(feed), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    }
  }
}

TEST_P(FeedAhead, ForgetsWhatIsOnItsWayAtANewStart) {
  const auto source = std::make_shared<Fields>();
  data::Loader loader(source, options());
  Feed feed(loader, torch::kCPU, GetParam());
  feed.start(0);
  ASSERT_TRUE(feed.next());
  feed.start(0, 2);
  EXPECT_EQ(rest(feed), (std::vector<float>{8, 9}));
}

TEST_P(FeedAhead, TellsOfABrokenSampleWhenItsTurnComes) {
  const auto source = std::make_shared<Fields>(1, /*broken=*/5);
  data::Loader loader(source, options());
  Feed feed(loader, torch::kCPU, GetParam());
  feed.start(0);
  const auto first = feed.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size, 4);
  for (int i = 0; i < 2; ++i) {
    test::expect_error(ErrorKind::kInput, {"sample 5 is broken"}, [&] { feed.next(); });
  }
}

TEST_P(FeedAhead, PassesOnWhatWasSkipped) {
  const auto source = std::make_shared<Fields>(1, /*broken=*/5);
  data::Loader loader(source, options(/*skip_corrupt=*/true));
  Feed feed(loader, torch::kCPU, GetParam());
  feed.start(0);
  ASSERT_TRUE(feed.next());
  const auto second = feed.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->size, 3);
  ASSERT_EQ(second->skipped.size(), 1U);
  EXPECT_NE(second->skipped[0].find("sample 5"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Ways, FeedAhead, testing::Bool());

/// A process's share of a small batch may be empty, but must still have the right shape.
TEST(Feed, GivesAnEmptyShareItsShape) {
  auto share = options();
  share.share = {0, 4};
  const auto source = std::make_shared<Fields>(/*steps=*/3);
  data::Loader loader(source, share);
  Feed feed(loader, torch::kCPU);
  feed.start(0, 2);  // the last batch: 2 samples for 4 processes
  const auto batch = feed.next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->size, 0);
  EXPECT_EQ(batch->tensors.inputs.sizes(), torch::IntArrayRef({3, 0, 2, 3, 4}));
  EXPECT_EQ(batch->tensors.labels.sizes(), torch::IntArrayRef({0}));
}

TEST(Feed, FetchesOneBatchAheadWhereItIsToldTo) {
  for (const bool ahead : {false, true}) {
    const auto source = std::make_shared<Fields>();
    data::Loader loader(source, options());
    Feed feed(loader, torch::kCPU, ahead);
    feed.start(0);
    EXPECT_EQ(source->reads, 0);
    ASSERT_TRUE(feed.next());
    EXPECT_EQ(source->reads, ahead ? 8 : 4);
  }
}

}  // namespace
}  // namespace staa::train
