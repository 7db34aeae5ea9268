#include "staa/data/loading/loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "data/fixtures.h"
#include "staa/data/augment/augmented_images.h"

namespace staa::data {
namespace {

using test::expect_error;

constexpr ImageShape kShape{3, 8, 8};

Transform augmenting() {
  AugmentOptions options;
  options.crop_padding = 2;
  options.flip = true;
  options.autoaugment = true;
  options.cutout = 3;
  return Transform(kShape, {{0.5F, 0.5F, 0.5F}, {0.2F, 0.2F, 0.2F}}, options);
}

std::shared_ptr<const Source> augmented(std::shared_ptr<const Dataset> images) {
  return std::make_shared<AugmentedImages>(std::move(images), augmenting());
}

LoaderOptions options(std::int64_t workers, std::int64_t batch = 8) {
  LoaderOptions result;
  result.batch = batch;
  result.workers = workers;
  result.prefetch = 3;
  result.seed = 42;
  return result;
}

std::vector<Batch> rest_of_epoch(Loader& loader) {
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

std::vector<Batch> epoch(Loader& loader, std::int64_t number, std::int64_t first_batch = 0) {
  loader.start(number, first_batch);
  return rest_of_epoch(loader);
}

void expect_same_batches(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].size, b[i].size);
    EXPECT_EQ(a[i].indices, b[i].indices);
    EXPECT_EQ(a[i].labels, b[i].labels);
    EXPECT_EQ(a[i].values, b[i].values);
  }
}

std::vector<std::int64_t> indices(const std::vector<Batch>& batches) {
  std::vector<std::int64_t> all;
  for (const auto& batch : batches)
    all.insert(all.end(), batch.indices.begin(), batch.indices.end());
  return all;
}

TEST(Loader, DeliversEverySampleOnceAnEpoch) {
  const auto set = random_set(53, kShape, 5);
  Loader loader(augmented(set), options(2));
  EXPECT_EQ(loader.batches(), 7);
  const auto batches = epoch(loader, 0);
  ASSERT_EQ(batches.size(), 7U);
  EXPECT_EQ(batches.back().size, 5);
  EXPECT_EQ(batches.back().values.size(), static_cast<std::size_t>(5 * kShape.bytes()));
  const auto order = indices(batches);
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 53U);
  for (const auto& batch : batches) {
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
      EXPECT_EQ(batch.labels[i], set->label(batch.indices[i]));
    }
  }
}

TEST(Loader, WithoutShuffleKeepsTheOrderAndThePixels) {
  const auto set = random_set(5, kShape, 5);
  auto plain = options(1, 2);
  plain.shuffle = false;
  const Transform only_scaling(kShape, {{0, 0, 0}, {1, 1, 1}});
  Loader loader(std::make_shared<AugmentedImages>(set, only_scaling), plain);
  const auto batches = epoch(loader, 3);
  EXPECT_EQ(indices(batches), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  const auto pixels = sample(*set, 3);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    ASSERT_FLOAT_EQ(batches[1].values[pixels.size() + i], static_cast<float>(pixels[i]) / 255.0F);
  }
}

TEST(Loader, DropLastLeavesOutTheRest) {
  auto dropping = options(1);
  dropping.drop_last = true;
  Loader loader(augmented(random_set(53, kShape, 5)), dropping);
  EXPECT_EQ(loader.batches(), 6);
  EXPECT_EQ(epoch(loader, 0).size(), 6U);
}

TEST(Loader, TheSharesOfABatchTogetherAreTheBatch) {
  const auto set = random_set(53, kShape, 5);
  Loader whole(augmented(set), options(1));
  const auto expected = epoch(whole, 2);
  for (const std::int64_t count : {2, 3, 9}) {  // with 9, some shares of a batch of 8 are empty
    std::vector<Batch> joined(expected.size());
    for (std::int64_t index = 0; index < count; ++index) {
      auto own = options(1);
      own.share = {index, count};
      Loader loader(augmented(set), own);
      const auto shares = epoch(loader, 2);
      ASSERT_EQ(shares.size(), expected.size());
      for (std::size_t i = 0; i < shares.size(); ++i) {
        EXPECT_LE(std::abs(shares[i].size - expected[i].size / count), 1);
        const auto append = [](auto& to, const auto& from) {
          to.insert(to.end(), from.begin(), from.end());
        };
        append(joined[i].values, shares[i].values);
        append(joined[i].labels, shares[i].labels);
        append(joined[i].indices, shares[i].indices);
        joined[i].size += shares[i].size;
      }
    }
    expect_same_batches(joined, expected);
  }
  auto wrong = options(1);
  wrong.share = {2, 2};
  expect_error(ErrorKind::kUsage, {"share", "one of 2", "number 2"},
               [&] { Loader(augmented(set), wrong); });
}

TEST(Loader, DoesNotDependOnTheNumberOfWorkers) {
  const auto set = random_set(100, kShape, 5);
  Loader alone(augmented(set), options(0));
  for (const std::int64_t number : {0, 1}) {
    const auto expected = epoch(alone, number);
    for (const std::int64_t workers : {1, 3}) {
      Loader loader(augmented(set), options(workers));
      expect_same_batches(epoch(loader, number), expected);
    }
  }
}

TEST(Loader, DependsOnSeedAndEpoch) {
  const auto set = random_set(64, kShape, 5);
  Loader loader(augmented(set), options(0));
  auto reseeded = options(0);
  reseeded.seed = 43;
  Loader other(augmented(set), reseeded);
  const auto first = epoch(loader, 0);
  EXPECT_NE(indices(first), indices(epoch(loader, 1)));
  EXPECT_NE(indices(first), indices(epoch(other, 0)));

  // Without shuffling the order is the same in all epochs, but not the augmentation.
  auto plain = options(0);
  plain.shuffle = false;
  Loader ordered(augmented(set), plain);
  EXPECT_NE(epoch(ordered, 0)[0].values, epoch(ordered, 1)[0].values);
}

TEST(Loader, AugmentationOfASampleDoesNotDependOnTheBatchSize) {
  const auto set = random_set(30, kShape, 5);
  Loader small(augmented(set), options(0, 1));
  Loader large(augmented(set), options(0, 30));
  const auto singles = epoch(small, 2);
  const auto all = epoch(large, 2).front();
  for (std::size_t i = 0; i < singles.size(); ++i) {
    EXPECT_EQ(singles[i].indices.front(), all.indices[i]);
    EXPECT_TRUE(std::equal(singles[i].values.begin(), singles[i].values.end(),
                           all.values.begin() + static_cast<std::int64_t>(i) * kShape.bytes()));
  }
}

TEST(Loader, ResumesInTheMiddleOfAnEpoch) {
  const auto set = random_set(100, kShape, 5);
  for (const std::int64_t workers : {0, 2}) {
    Loader loader(augmented(set), options(workers));
    const auto whole = epoch(loader, 4);
    auto resumed = epoch(loader, 4, 5);
    ASSERT_EQ(resumed.size(), whole.size() - 5);
    expect_same_batches(resumed, {whole.begin() + 5, whole.end()});
    EXPECT_TRUE(epoch(loader, 4, loader.batches()).empty());
  }
}

TEST(Loader, RestartAbandonsWhatIsInFlight) {
  const auto set = random_set(200, kShape, 5);
  Loader reference(augmented(set), options(0));
  const auto expected = epoch(reference, 50, 3);
  for (const std::int64_t workers : {0, 1, 3}) {
    Loader loader(augmented(set), options(workers));
    for (std::int64_t number = 0; number < 50; ++number) {
      loader.start(number);
      for (std::int64_t i = 0; i < number % 4; ++i) loader.recycle(*loader.next());
    }
    expect_same_batches(epoch(loader, 50, 3), expected);
  }
}

TEST(Loader, RecycledBuffersDoNotLeakOldContent) {
  const auto set = random_set(20, kShape, 5);
  Loader fresh(augmented(set), options(0));
  const auto expected = epoch(fresh, 0);
  Loader loader(augmented(set), options(1));
  for (int repeat = 0; repeat < 3; ++repeat) {
    loader.start(0);
    for (const auto& batch : expected) {
      auto found = loader.next();
      ASSERT_TRUE(found);
      EXPECT_EQ(found->values, batch.values);
      EXPECT_EQ(found->labels, batch.labels);
      loader.recycle(std::move(*found));
    }
    EXPECT_FALSE(loader.next());
    EXPECT_FALSE(loader.next());
  }
}

/// A data set that counts its reads, may be slow, and fails at one index.
class Probe : public Dataset {
 public:
  explicit Probe(std::int64_t size) : size_(size) {}
  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return size_; }
  ImageShape shape() const override { return kShape; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t) const override { return 0; }
  void read(std::int64_t index, std::uint8_t* out) const override {
    ++reads;
    std::this_thread::sleep_for(delay);
    if (index == fails_at) throw std::runtime_error("the disk is on fire");
    std::fill_n(out, kShape.bytes(), std::uint8_t{1});
  }

  std::int64_t fails_at = -1;
  std::chrono::milliseconds delay{0};
  mutable std::atomic<std::int64_t> reads{0};

 private:
  std::string name_ = "probe";
  std::vector<std::string> classes_{"only"};
  std::int64_t size_;
};

TEST(Loader, PrefetchesNoMoreThanAsked) {
  const auto probe = std::make_shared<Probe>(1000);
  Loader loader(augmented(probe), options(2, 10));
  loader.start(0);
  (void)loader.next();
  // One batch is delivered and three are prefetched. Wait for these, then check that no more are
  // made.
  for (int i = 0; i < 2000 && probe->reads < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(probe->reads, 40);
}

TEST(Loader, RethrowsAWorkersExceptionAtItsBatch) {
  const auto probe = std::make_shared<Probe>(40);
  probe->fails_at = 25;
  for (const std::int64_t workers : {0, 1, 3}) {
    auto plain = options(workers, 10);
    plain.shuffle = false;
    Loader loader(augmented(probe), plain);
    for (int repeat = 0; repeat < 2; ++repeat) {
      loader.start(0);
      EXPECT_TRUE(loader.next());
      EXPECT_TRUE(loader.next());
      EXPECT_THROW((void)loader.next(), std::runtime_error);
      EXPECT_THROW((void)loader.next(), std::runtime_error);
    }
    EXPECT_EQ(epoch(loader, 0, 3).size(), 1U);
  }
}

TEST(Loader, StopsPromptlyInEveryState) {
  const auto probe = std::make_shared<Probe>(100'000);
  probe->delay = std::chrono::milliseconds(2);
  const auto begin = std::chrono::steady_clock::now();
  { const Loader never_started(augmented(probe), options(3)); }
  {
    Loader busy(augmented(probe), options(3, 50'000));
    busy.start(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  {
    Loader restarted(augmented(probe), options(2, 50'000));
    restarted.start(0);
    restarted.start(1);
  }
  {
    Loader full(augmented(random_set(100, kShape, 2)), options(2));
    full.start(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  {
    Loader finished(augmented(random_set(10, kShape, 2)), options(2));
    (void)epoch(finished, 0);
  }
  // A batch of 50,000 slow samples would take 100 s.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Loader, MeasuresHowLongItsUserWaits) {
  const auto probe = std::make_shared<Probe>(20);
  probe->delay = std::chrono::milliseconds(2);
  Loader loader(augmented(probe), options(0, 10));
  loader.start(0);
  EXPECT_EQ(loader.seconds_waited(), 0.0);
  (void)loader.next();
  EXPECT_GE(loader.seconds_waited(), 0.02);
  loader.start(1);
  EXPECT_EQ(loader.seconds_waited(), 0.0);
}

TEST(Loader, AcceptsAnEmptyDataSet) {
  Loader loader(augmented(std::make_shared<Probe>(0)), options(1));
  EXPECT_EQ(loader.batches(), 0);
  EXPECT_TRUE(epoch(loader, 0).empty());
}

TEST(Loader, RefusesOptionsOutOfRange) {
  const auto set = random_set(10, kShape, 2);
  expect_error(ErrorKind::kUsage, {"batch: expected at least 1, found 0"},
               [&] { Loader(augmented(set), options(1, 0)); });
  expect_error(ErrorKind::kUsage, {"workers: expected 0 or more, found -1"},
               [&] { Loader(augmented(set), options(-1)); });
  auto no_prefetch = options(1);
  no_prefetch.prefetch = 0;
  expect_error(ErrorKind::kUsage, {"prefetch: expected at least 1, found 0"},
               [&] { Loader(augmented(set), no_prefetch); });
  Loader loader(augmented(set), options(1));
  expect_error(ErrorKind::kUsage, {"start() was not called"}, [&] { (void)loader.next(); });
  expect_error(ErrorKind::kUsage, {"first batch: expected 0 to 2, found 3"},
               [&] { loader.start(0, 3); });
  expect_error(ErrorKind::kUsage, {"epoch: expected 0 or more, found -1"},
               [&] { loader.start(-1); });
}

/// Half of the samples are mirrored in even epochs, the other half in odd epochs.
TEST(RandomOfSample, AlternatesFromEpochToEpoch) {
  int first = 0;
  for (std::int64_t index = 0; index < 1000; ++index) {
    const bool side = random_of_sample(5, 0, index).alternating();
    first += side ? 1 : 0;
    for (std::int64_t epoch = 1; epoch < 5; ++epoch) {
      EXPECT_EQ(random_of_sample(5, epoch, index).alternating(), side != (epoch % 2 == 1));
    }
  }
  EXPECT_NEAR(first, 500, 60);
}

}  // namespace
}  // namespace staa::data
