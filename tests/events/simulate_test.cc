#include "staa/events/simulate.h"

#include <algorithm>
#include <map>

#include "events/fixtures.h"

namespace staa::events {
namespace {

/// A black image with a white square in the centre.
Scene square() {
  Scene scene{28, 28, std::vector<std::uint8_t>(28 * 28)};
  for (int y = 9; y < 19; ++y) {
    for (int x = 9; x < 19; ++x) scene.pixels[static_cast<std::size_t>(y * 28 + x)] = 255;
  }
  return scene;
}

SimulationOptions quiet() {
  SimulationOptions options;
  options.noise_hz = 0;
  options.mismatch = 0;
  return options;
}

TEST(Simulate, ComesInOrderWithinSensorAndTime) {
  SimulationOptions options;
  options.noise_hz = 50;
  const auto events = simulate(square(), options, Random{1});
  ASSERT_GT(events.size(), 1000U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_LT(events[i].x, 34);
    EXPECT_LT(events[i].y, 34);
    EXPECT_GE(events[i].t, i == 0 ? 0 : events[i - 1].t);
    EXPECT_LE(events[i].t, 300'000);
  }
}

TEST(Simulate, IsAFunctionOfItsSeed) {
  const SimulationOptions options;
  EXPECT_EQ(simulate(square(), options, Random{1}), simulate(square(), options, Random{1}));
  EXPECT_NE(simulate(square(), options, Random{1}), simulate(square(), options, Random{2}));
}

TEST(Simulate, OfAnEvenSceneIsNoiseAlone) {
  const Scene even{28, 28, std::vector<std::uint8_t>(28 * 28, 100)};
  EXPECT_TRUE(simulate(even, quiet(), Random{1}).empty());
  auto options = quiet();
  options.noise_hz = 100;  // for 34 x 34 pixels during 0.3 s
  const auto expected = 100 * 34 * 34 * 0.3;
  EXPECT_NEAR(static_cast<double>(simulate(even, options, Random{1}).size()), expected,
              0.05 * expected);
}

TEST(Simulate, BrightensAsOftenAsItDarkensOverAClosedLoop) {
  for (const auto path : {Path::kTriangle, Path::kSquare}) {
    auto options = quiet();
    options.path = path;
    options.refractory_s = 0;
    std::map<std::pair<int, int>, int> sums;
    for (const auto& e : simulate(square(), options, Random{1})) {
      sums[{e.x, e.y}] += e.polarity == 1 ? 1 : -1;
    }
    ASSERT_GT(sums.size(), 100U);
    // At the end each pixel sees its first value again, so that its reference is within one
    // threshold of it.
    for (const auto& [pixel, sum] : sums) EXPECT_LE(std::abs(sum), 1);
  }
}

TEST(Simulate, ThresholdAndRefractoryTimeThinEvents) {
  const auto count = [](double threshold, double refractory) {
    auto options = quiet();
    options.threshold = threshold;
    options.refractory_s = refractory;
    return simulate(square(), options, Random{1}).size();
  };
  EXPECT_GT(count(0.2, 0), 1.4 * static_cast<double>(count(0.4, 0)));
  EXPECT_GT(count(0.2, 0), 1.1 * static_cast<double>(count(0.2, 0.02)));
  auto options = quiet();
  options.refractory_s = 0.02;
  std::map<std::pair<int, int>, std::int64_t> last;
  for (const auto& e : simulate(square(), options, Random{1})) {
    const auto at = std::make_pair(int{e.x}, int{e.y});
    const auto before = last.find(at);
    if (before != last.end()) {
      EXPECT_GE(e.t - before->second, 19'999);
    }
    last[at] = e.t;
  }
}

TEST(Simulate, RefusesImpossibleOptions) {
  const auto expect_refused = [](const std::string& part, auto change) {
    SimulationOptions options;
    change(options);
    test::expect_error(ErrorKind::kUsage, {"simulation", part},
                       [&] { simulate(square(), options, Random{1}); });
  };
  expect_refused("threshold", [](auto& o) { o.threshold = 0; });
  expect_refused("duration", [](auto& o) { o.duration_s = -1; });
  expect_refused("mismatch", [](auto& o) { o.mismatch = 2; });
  expect_refused("refractory", [](auto& o) { o.refractory_s = -1; });
  expect_refused("noise", [](auto& o) { o.noise_hz = -1; });
  expect_refused("sensor", [](auto& o) { o.sensor = {0, 4}; });
  test::expect_error(ErrorKind::kUsage, {"expected an image"}, [] {
    simulate({2, 2, {1, 2, 3}}, {}, Random{1});
  });
}

}  // namespace
}  // namespace staa::events
