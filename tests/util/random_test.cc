#include "staa/util/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace staa {
namespace {

TEST(Random, DependsOnItsKeyAlone) {
  Random a{1, 2, 3};
  Random b{1, 2, 3};
  Random c{1, 3, 2};
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto x = a();
    EXPECT_EQ(x, b());
    differs = differs || x != c();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, NeighbouringKeysAreUncorrelated) {
  // The first draw of consecutive keys must itself look uniform: mean 1/2, variance 1/12.
  const int n = 100000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < n; ++i) {
    const double u = Random{7, 0, static_cast<std::uint64_t>(i)}.uniform();
    sum += u;
    squares += u * u;
  }
  const double mean = sum / n;
  EXPECT_NEAR(mean, 0.5, 0.005);
  EXPECT_NEAR(squares / n - mean * mean, 1.0 / 12, 0.002);
}

TEST(Random, BelowCoversItsRangeEvenly) {
  Random random{5};
  std::vector<int> seen(7);
  for (int i = 0; i < 70000; ++i) ++seen.at(static_cast<std::size_t>(random.below(7)));
  for (const int count : seen) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, NormalAndBetaHaveTheirMoments) {
  Random random{11};
  const int n = 200000;
  double sum = 0;
  double squares = 0;
  double beta = 0;
  double beta_squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    const double y = random.beta(0.5, 0.5);
    beta += y;
    beta_squares += y * y;
  }
  EXPECT_NEAR(sum / n, 0.0, 0.01);
  EXPECT_NEAR(squares / n, 1.0, 0.02);
  EXPECT_NEAR(beta / n, 0.5, 0.01);
  EXPECT_NEAR(beta_squares / n - 0.25, 0.125, 0.005);  // ab / ((a+b)^2 (a+b+1))
}

}  // namespace
}  // namespace staa
