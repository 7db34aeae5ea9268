#include "staa/events/spans.h"

#include <algorithm>

#include "events/fixtures.h"
#include "staa/events/atis.h"

namespace staa::events {
namespace {

TEST(Spans, FramesTakeTheEventsOfTheirTimeFromTheFirstOn) {
  constexpr Sensor kSensor{5, 4};
  constexpr std::int64_t kSteps = 4;
  constexpr std::int64_t kSpan = 1000;
  auto events = random_events(3000, kSensor, 3);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].t = 777 + static_cast<std::int64_t>(2 * i);  // 6 ms: the last two are left out
  }
  const test::TempFolder folder;
  write_atis(folder / "a.bin", events);
  const auto stream = open_atis(folder / "a.bin", kSensor);
  std::vector<std::uint32_t> expected(kSteps * 5 * 4 * 2);
  for (const auto& e : events) {
    const auto step = (e.t - 777) / kSpan;
    if (step < kSteps)
      ++expected[static_cast<std::size_t>(((step * 4 + e.y) * 5 + e.x) * 2 + e.polarity)];
  }
  const auto found = integrate_spans(*stream, kSpan, {kSteps, {}, {}});
  EXPECT_EQ(found.values, expected);
  EXPECT_EQ(found.events, events.size());

  const auto long_frames =
      integrate_spans(*open_atis(folder / "a.bin", kSensor), 5000, {3, {}, {}});
  EXPECT_EQ(std::count(long_frames.values.begin() + 2 * 40, long_frames.values.end(), 0U), 40)
      << "the third frame begins behind the end";
  test::expect_error(ErrorKind::kUsage, {"longer than any"}, [&] {
    integrate_spans(*stream, std::int64_t{1} << 50, {std::int64_t{1} << 20, {}, {}});
  });
}

}  // namespace
}  // namespace staa::events
