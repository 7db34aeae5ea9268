#include "staa/data/sets/event_frames.h"

#include <algorithm>
#include <numeric>

#include "data/event_fixtures.h"
#include "data/fixtures.h"
#include "staa/data/loading/loader.h"
#include "staa/data/sets/event_sets.h"
#include "staa/data/sets/simulated.h"
#include "staa/events/usable.h"

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
  // The cached frames are used even after the recording's bytes have become unreadable.
  const auto path = sets_.train->recording(3).path;
  const auto time = std::filesystem::last_write_time(path);
  const auto size = std::filesystem::file_size(path);
  write_bytes(path, std::string(size, 'x'));
  std::filesystem::last_write_time(path, time);
  EXPECT_EQ(read(kept, 3), first);
}

TEST_F(EventFramesTest, RefuseRecordingsWithoutEventsOfUse) {
  const auto path = sets_.train->recording(4).path;
  for (const bool drop : {false, true}) {
    options_.event_drop = drop;
    const EventFrames frames(sets_.train, options_);
    write_bytes(path, "");
    expect_error(ErrorKind::kInput, {path.string() + ": holds no events"},
                 [&] { read(frames, 4); });
    std::vector<events::Event> wide;  // from another camera: 3 of 4 are outside
    for (int i = 0; i < 400; ++i) {
      wide.push_back({i, static_cast<std::uint16_t>(i % 4 == 0 ? 3 : 200), 5, 1});
    }
    events::write_atis(path, wide);
    expect_error(
        ErrorKind::kInput,
        {path.string(), "75.0 % of 400 records", "300 outside the sensor of 34x34", "at most 50 %"},
        [&] { read(frames, 4); });
    for (auto& event : wide) event.x = event.t % 4 == 0 ? 200 : 3;
    events::write_atis(path, wide);
    EXPECT_EQ(frames.remark(), "");
    read(frames, 4);
    EXPECT_NE(frames.remark().find("25.0 % of 400 records are of no use"), std::string::npos)
        << frames.remark();
    for (int i = 5; i < 20; ++i) read(frames, i);
    EXPECT_NE(frames.remark().find("1.1 %"), std::string::npos) << frames.remark();
  }
}

TEST_F(EventFramesTest, RefuseASpanWithoutEvents) {
  auto recording = sets_.train->recording(2);
  recording.begin = 1;
  recording.end = 2;
  expect_error(ErrorKind::kInput, {recording.path.string() + ": no event from 1 to 2 us"}, [&] {
    events::check_usable(recording, {34, 34}, 0, {});
  });
  events::Skipped skipped;
  skipped.outside = 1000;
  events::check_usable(recording, {34, 34}, 1, skipped);  // not counted for a time span
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
