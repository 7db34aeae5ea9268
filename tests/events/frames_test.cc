#include "staa/events/frames.h"

#include <algorithm>
#include <numeric>

#include "events/fixtures.h"
#include "staa/events/atis.h"
#include "staa/events/scaled_frames.h"

namespace staa::events {
namespace {

using test::expect_error;

/// Frames by their definition, one event at a time.
std::vector<std::uint32_t> slow_frames(const std::vector<Event>& events, Sensor sensor,
                                       std::int64_t steps, SliceBy slice_by) {
  std::vector<std::uint32_t> frames(
      static_cast<std::size_t>(steps * sensor.width * sensor.height * 2));
  std::int64_t first = events.front().t;
  std::int64_t last = first;
  for (const auto& e : events) {
    first = std::min(first, e.t);
    last = std::max(last, e.t);
  }
  const auto count = static_cast<std::int64_t>(events.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& e = events[static_cast<std::size_t>(i)];
    const auto place = slice_by == SliceBy::kCount ? i : e.t - first;
    const auto length = slice_by == SliceBy::kCount ? count : last - first + 1;
    std::int64_t step = 0;
    while (place >= length * (step + 1) / steps) ++step;
    ++frames[static_cast<std::size_t>(((step * sensor.height + e.y) * sensor.width + e.x) * 2 +
                                      e.polarity)];
  }
  return frames;
}

FrameOptions options(std::int64_t steps, SliceBy slice_by, Sensor size = {}) {
  return {steps, slice_by, size};
}

TEST(Frames, AreTheirDefinition) {
  constexpr Sensor kSensor{13, 9};
  for (const auto slice_by : {SliceBy::kCount, SliceBy::kTime}) {
    for (const std::int64_t steps : {1, 2, 7, 16}) {
      for (const std::size_t count : {std::size_t{1}, std::size_t{5}, std::size_t{10'001}}) {
        auto events = random_events(count, kSensor, 20 + count);
        EXPECT_EQ(integrate(events, kSensor, options(steps, slice_by)).values,
                  slow_frames(events, kSensor, steps, slice_by));
        std::rotate(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count / 3),
                    events.end());  // the clock jumps back
        EXPECT_EQ(integrate(events, kSensor, options(steps, slice_by)).values,
                  slow_frames(events, kSensor, steps, slice_by));
      }
    }
  }
}

TEST(Frames, OfAFileAreThoseOfItsEvents) {
  test::TempFolder folder;
  constexpr Sensor kSensor{34, 34};
  const auto events = random_events(30'000, kSensor, 30);
  write_atis(folder / "a.bin", events);
  for (const auto slice_by : {SliceBy::kCount, SliceBy::kTime}) {
    const auto stream = open_atis(folder / "a.bin", kSensor);
    const auto frames = integrate(*stream, options(10, slice_by));
    EXPECT_EQ(frames.values, integrate(events, kSensor, options(10, slice_by)).values);
    EXPECT_EQ(frames.events, events.size());
    EXPECT_EQ(frames.unit, 1U);
  }
}

TEST(Frames, OfNoEventsAreEmpty) {
  const auto frames = integrate({}, {4, 4}, options(3, SliceBy::kTime));
  EXPECT_EQ(frames.values, std::vector<std::uint32_t>(3 * 4 * 4 * 2));
  EXPECT_EQ(frames.events, 0U);
}

TEST(Frames, MadeSmallerByAWholeFactorSumTheirPixels) {
  constexpr Sensor kSensor{8, 4};
  const auto events = random_events(5000, kSensor, 31);
  auto halved = events;
  for (auto& e : halved) {
    e.x /= 2;
    e.y /= 2;
  }
  const auto frames = integrate(events, kSensor, options(5, SliceBy::kCount, {4, 2}));
  EXPECT_EQ(frames.unit, 1U);
  EXPECT_EQ(frames.values, integrate(halved, {4, 2}, options(5, SliceBy::kCount)).values);
}

TEST(Frames, MadeSmallerByAnyFactorShareEventsByOverlap) {
  // 3 pixels are mapped to 2: half of the middle one belongs to each.
  const auto frames = integrate({{0, 0, 0, 1}, {1, 1, 0, 1}, {2, 2, 0, 0}}, {3, 1},
                                options(1, SliceBy::kCount, {2, 1}));
  EXPECT_EQ(frames.unit, 2U);
  EXPECT_EQ(frames.values, (std::vector<std::uint32_t>{0, 2 + 1, 2, 1}));
}

TEST(Frames, MadeSmallerLoseNoEvent) {
  constexpr Sensor kSensor{128, 128};
  const auto events = random_events(20'000, kSensor, 32);
  for (const std::int64_t edge : {1, 5, 48, 64, 127}) {
    const auto frames = integrate(events, kSensor, options(4, SliceBy::kTime, {edge, edge}));
    EXPECT_EQ(std::accumulate(frames.values.begin(), frames.values.end(), std::uint64_t{0}),
              std::uint64_t{frames.unit} * events.size());
    EXPECT_EQ(frames.values.size(), frames.shape.values());
  }
}

TEST(Frames, MadeSmallerStayEven) {
  // There is one event at every pixel, so that every pixel of the small frame has the same value.
  std::vector<Event> events;
  for (std::uint16_t y = 0; y < 128; ++y) {
    for (std::uint16_t x = 0; x < 128; ++x) events.push_back({0, x, y, 0});
  }
  const auto frames = integrate(events, {128, 128}, options(1, SliceBy::kCount, {48, 48}));
  EXPECT_EQ(frames.unit, 9U);
  for (std::size_t i = 0; i < frames.values.size(); i += 2) ASSERT_EQ(frames.values[i], 64U);
}

TEST(Frames, RefuseImpossibleOptions) {
  expect_error(ErrorKind::kUsage, {"at least 1 time step, found 0"}, [] {
    integrate({}, {4, 4}, options(0, SliceBy::kTime));
  });
  for (const Sensor size : {Sensor{5, 4}, Sensor{4, 5}, Sensor{-1, 4}, Sensor{0, 4}}) {
    expect_error(ErrorKind::kUsage, {"1x1 to the sensor's 4x4"}, [&] {
      integrate({}, {4, 4}, options(1, SliceBy::kTime, size));
    });
  }
}

TEST(Frames, LargeSensorsScaleWhileReadingToTheSameFrames) {
  const Sensor sensor{1280, 720};
  auto events = random_events(30'000, sensor, 21);
  for (std::size_t i = 0; i + 1 < events.size(); i += 500) std::swap(events[i].t, events[i + 1].t);
  for (const Sensor size : {Sensor{128, 72}, Sensor{100, 99}}) {
    for (const auto slice : {SliceBy::kCount, SliceBy::kTime}) {
      const FrameOptions options{5, slice, size};
      ASSERT_TRUE(scales_while_reading(sensor, options));
      const auto whole = integrate(events, sensor, {5, slice, {}});
      const auto expected = shrink(whole.values, whole.shape, size);
      const auto found = integrate(events, sensor, options);
      EXPECT_EQ(found.values, expected.values);
      EXPECT_EQ(found.unit, expected.unit);
      EXPECT_TRUE(found.shape == expected.shape);
      EXPECT_EQ(found.events, events.size());
    }
  }
  EXPECT_FALSE(scales_while_reading({128, 128}, {16, SliceBy::kCount, {48, 48}}));
}

}  // namespace
}  // namespace staa::events
