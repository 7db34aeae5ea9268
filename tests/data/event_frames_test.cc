#include "staa/data/event_frames.h"

#include <algorithm>
#include <numeric>

#include "data/event_fixtures.h"
#include "data/fixtures.h"
#include "staa/data/event_sets.h"
#include "staa/data/loader.h"
#include "staa/data/simulated.h"

namespace staa::data {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

class EventFramesTest : public ::testing::Test {
 protected:
  EventFramesTest() {
    write_tiny_n_mnist(folder_ / "set", 20, 10);
    EventSetOptions options;
    options.set = "n-mnist";
    options.path = (folder_ / "set").string();
    sets_ = open_recordings(options);
    options_.frames.steps = 3;
    options_.cache = folder_ / "cache";
  }

  std::vector<float> read(const EventFrames& frames, std::int64_t index, std::uint64_t seed = 1) {
    std::vector<float> values(static_cast<std::size_t>(frames.shape().values()));
    Random random{seed};
    frames.read(index, random, values.data());
    return values;
  }

  TempFolder folder_;
  RecordingSplits sets_;
  EventFrames::Options options_;
};

TEST_F(EventFramesTest, AreEventsAPixel) {
  const EventFrames frames(sets_.train, options_);
  EXPECT_TRUE((frames.shape() == SampleShape{3, 2, 34, 34}));
  const auto expected = events::integrate(labelled_events(4, 14), {34, 34}, options_.frames);
  const auto values = read(frames, 14);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(values[i], static_cast<float>(expected.values[i]));
  }
  options_.frames.size = {10, 10};
  const EventFrames small(sets_.train, options_);
  const auto sums = read(small, 14);
  EXPECT_NEAR(std::accumulate(sums.begin(), sums.end(), 0.0), 600, 1e-2);
}

TEST_F(EventFramesTest, AreTheSameFromTheCacheAndWithoutIt) {
  const EventFrames kept(sets_.train, options_);
  const auto first = read(kept, 3);
  EXPECT_EQ(read(kept, 3), first);
  options_.cache.clear();
  EXPECT_EQ(read(EventFrames(sets_.train, options_), 3), first);
  // The frames that are kept serve after the recording's bytes have become unreadable.
  const auto path = sets_.train->recording(3).path;
  const auto time = std::filesystem::last_write_time(path);
  const auto size = std::filesystem::file_size(path);
  write_bytes(path, std::string(size, 'x'));
  std::filesystem::last_write_time(path, time);
  EXPECT_EQ(read(kept, 3), first);
}

TEST_F(EventFramesTest, DrawAugmentationFromTheGeneratorAlone) {
  options_.augment.flip = true;
  options_.augment.geometric = true;
  options_.event_drop = true;
  const EventFrames frames(sets_.train, options_);
  EXPECT_EQ(read(frames, 2, 5), read(frames, 2, 5));
  int different = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    different += read(frames, 2, seed) != read(frames, 2, seed + 1) ? 1 : 0;
  }
  EXPECT_GT(different, 7);
}

TEST_F(EventFramesTest, ComeInBatchesOfTheLoaderByStep) {
  const auto frames = std::make_shared<EventFrames>(sets_.train, options_);
  LoaderOptions loading;
  loading.batch = 4;
  loading.shuffle = false;
  Loader loader(frames, loading);
  loader.start(0);
  const auto batch = loader.next().value();
  const auto sample = read(*frames, 2);
  const std::size_t frame = 34 * 34 * 2;
  for (std::size_t t = 0; t < 3; ++t) {
    EXPECT_TRUE(
        std::equal(sample.begin() + static_cast<std::ptrdiff_t>(t * frame),
                   sample.begin() + static_cast<std::ptrdiff_t>((t + 1) * frame),
                   batch.values.begin() + static_cast<std::ptrdiff_t>((t * 4 + 2) * frame)));
  }
}

TEST_F(EventFramesTest, PrepareFillsTheCacheAndCounts) {
  write_bytes(sets_.train->recording(5).path, "");
  const EventFrames frames(sets_.train, options_);
  std::int64_t last = 0;
  const auto summary = prepare(frames, 3, [&](std::int64_t done) { last = done; });
  EXPECT_EQ(last, 20);
  EXPECT_EQ(summary.recordings, 20);
  EXPECT_EQ(summary.events, 19U * 600U);
  EXPECT_EQ(summary.empty, 1);
  EXPECT_EQ(summary.first_empty, sets_.train->recording(5).path.string());
  const events::FrameCache cache(options_.cache);
  for (std::int64_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(cache.find(sets_.train->recording(i), options_.frames).has_value());
  }
  write_bytes(sets_.train->recording(7).path, "1234567");
  expect_error(ErrorKind::kInput, {"8.bs2: offset 5"}, [&] { prepare(frames, 3, {}); });
}

TEST_F(EventFramesTest, RefuseFramesLargerThanTheSensor) {
  options_.frames.size = {48, 48};
  expect_error(ErrorKind::kUsage, {"48x48", "34x34"}, [&] { EventFrames(sets_.train, options_); });
}

TEST(SimulatedSet, OpensAsAnEventFolderThatSaysSo) {
  for (const bool aedat2 : {false, true}) {
    TempFolder folder;
    const auto images = random_set(6, {3, 8, 8}, 2);
    SimulatedSetOptions options;
    options.aedat2 = aedat2;
    options.threads = 2;
    const auto edge = aedat2 ? 128 : 34;
    options.camera.sensor = {edge, edge};
    options.camera.duration_s = 0.02;
    std::int64_t last = 0;
    const auto count = simulate_set({images, images}, "things", folder / "out", options,
                                    [&](std::int64_t done) { last = done; });
    EXPECT_EQ(last, 12);
    EventSetOptions open;
    open.set = "event-folder";
    open.path = (folder / "out").string();
    const auto sets = open_recordings(open);
    EXPECT_EQ(sets.train->name().rfind("simulated things (", 0), 0U);
    EXPECT_EQ(sets.train->size(), 6);
    EXPECT_EQ(sets.test->classes(), images->classes());
    EXPECT_EQ(sets.train->sensor().width, edge);
    std::uint64_t events = 0;
    for (const auto* set : {sets.train.get(), sets.test.get()}) {
      for (std::int64_t i = 0; i < set->size(); ++i) {
        events += events::measure(*events::open_recording(set->recording(i))).count;
      }
    }
    EXPECT_EQ(events, count);
    expect_error(ErrorKind::kUsage, {"already here"}, [&] {
      simulate_set({images, images}, "things", folder / "out", options, {});
    });
  }
}

TEST(SimulatedSet, RefusesSensorsThatTheFormatCannotHold) {
  TempFolder folder;
  const auto images = random_set(2, {1, 8, 8}, 2);
  SimulatedSetOptions options;
  options.aedat2 = true;
  expect_error(ErrorKind::kUsage, {"128x128", "34x34"}, [&] {
    simulate_set({images, images}, "x", folder.path(), options, {});
  });
  options.aedat2 = false;
  options.camera.sensor = {300, 300};
  expect_error(ErrorKind::kUsage, {"256x240", "300x300"}, [&] {
    simulate_set({images, images}, "x", folder.path(), options, {});
  });
}

}  // namespace
}  // namespace staa::data
