#include "staa/util/parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/support.h"

namespace staa {
namespace {

TEST(ForEachIndex, CallsEachOnce) {
  for (const std::int64_t threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> calls(1000);
    for_each_index(1000, threads, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
    for (const auto& count : calls) ASSERT_EQ(count, 1);
  }
  for_each_index(0, 4, [](std::int64_t) { FAIL(); });
}

TEST(ForEachIndex, ThrowsWhatTheWorkThrowsAndStops) {
  std::atomic<int> calls{0};
  const auto work = [&](std::int64_t i) {
    ++calls;
    if (i == 3) throw std::runtime_error("three");
  };
  EXPECT_THROW(for_each_index(1'000'000, 3, work), std::runtime_error);
  EXPECT_LT(calls, 1'000'000);
}

}  // namespace
}  // namespace staa
