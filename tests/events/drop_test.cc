#include "staa/events/drop.h"

#include <algorithm>

#include "events/fixtures.h"

namespace staa::events {
namespace {

constexpr Sensor kSmall{40, 20};

/// The events of `all` that are not in `kept`, which must be a subsequence of `all`.
std::vector<Event> dropped(const std::vector<Event>& all, const std::vector<Event>& kept) {
  std::vector<Event> out;
  auto next = kept.begin();
  for (const auto& e : all) {
    if (next != kept.end() && *next == e) {
      ++next;
    } else {
      out.push_back(e);
    }
  }
  EXPECT_EQ(next, kept.end());
  return out;
}

TEST(EventDrop, ByTimeLeavesOutASpan) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto all = random_events(4000, kSmall, seed);
    auto kept = all;
    Random random{seed};
    drop_by_time(kept, 0.3, random);
    const auto out = dropped(all, kept);
    ASSERT_FALSE(out.empty());
    const auto length = all.back().t - all.front().t;
    EXPECT_NEAR(static_cast<double>(out.back().t - out.front().t),
                0.3 * static_cast<double>(length), 0.02 * static_cast<double>(length));
    for (const auto& e : kept) EXPECT_TRUE(e.t < out.front().t || e.t > out.back().t);
  }
}

TEST(EventDrop, ByAreaLeavesOutARectangle) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto all = random_events(20'000, kSmall, seed);
    auto kept = all;
    Random random{seed};
    drop_by_area(kept, kSmall, 0.25, random);
    const auto out = dropped(all, kept);
    const auto [left, right] = std::minmax_element(
        out.begin(), out.end(), [](const Event& a, const Event& b) { return a.x < b.x; });
    const auto [top, bottom] = std::minmax_element(
        out.begin(), out.end(), [](const Event& a, const Event& b) { return a.y < b.y; });
    EXPECT_EQ(right->x - left->x + 1, 10);
    EXPECT_EQ(bottom->y - top->y + 1, 5);
    for (const auto& e : kept) {
      EXPECT_FALSE(e.x >= left->x && e.x <= right->x && e.y >= top->y && e.y <= bottom->y);
    }
  }
}

TEST(EventDrop, AtRandomLeavesOutItsShare) {
  const auto all = random_events(20'000, kSmall, 3);
  auto kept = all;
  Random random{3};
  drop_at_random(kept, 0.4, random);
  EXPECT_NEAR(static_cast<double>(dropped(all, kept).size()), 0.4 * 20'000, 400);
}

TEST(EventDrop, DrawsEveryKindAndNothing) {
  const auto all = random_events(2000, kSmall, 4);
  int untouched = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto kept = all;
    Random random{seed};
    drop_events(kept, kSmall, random);
    untouched += dropped(all, kept).empty() ? 1 : 0;
    auto again = all;
    Random same{seed};
    drop_events(again, kSmall, same);
    EXPECT_EQ(again, kept);
  }
  EXPECT_NEAR(untouched, 50, 25);
  std::vector<Event> none;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random{seed};
    drop_events(none, kSmall, random);
    EXPECT_TRUE(none.empty());
  }
}

}  // namespace
}  // namespace staa::events
