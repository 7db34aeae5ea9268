// The loops over real values against plain ones, on random shapes, for every instruction set that
// this processor has.

#include "staa/kernels/inference/currents.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <vector>

#include "staa/util/random.h"

namespace staa::kernels {
namespace {

constexpr std::uint64_t kCases = 30;

std::vector<float> random_values(Random& random, std::size_t count) {
  std::vector<float> values(count);
  for (auto& value : values) value = static_cast<float>(random.uniform(-1, 1));
  return values;
}

std::size_t from_to(Random& random, std::size_t least, std::size_t most) {
  return least + random.below(most - least + 1);
}

template <class F>
void on_all_targets(const F& f) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    for (std::uint64_t seed = 0; seed < kCases && !testing::Test::HasFatalFailure(); ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      Random random{seed};
      f(random);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Currents, WhiteningMatchesAPlainLoop) {
  on_all_targets([](Random& random) {
    const ImageShape image{from_to(random, 2, 9), from_to(random, 2, 9), from_to(random, 1, 4)};
    const auto out = from_to(random, 1, 50);
    const auto values = random_values(random, image.height * image.width * image.channels);
    const auto weight = random_values(random, 4 * image.channels * out);
    std::vector<float> found((image.height - 1) * (image.width - 1) * out);
    whiten_patches(image, values.data(), weight.data(), out, found.data());
    std::size_t i = 0;
    for (std::size_t y = 0; y + 1 < image.height; ++y) {
      for (std::size_t x = 0; x + 1 < image.width; ++x) {
        for (std::size_t o = 0; o < out; ++o, ++i) {
          double sum = 0;
          for (std::size_t tap = 0; tap < 4; ++tap) {
            for (std::size_t c = 0; c < image.channels; ++c) {
              const auto at = ((y + tap / 2) * image.width + x + tap % 2) * image.channels + c;
              sum += static_cast<double>(values[at]) *
                     static_cast<double>(weight[(tap * image.channels + c) * out + o]);
            }
          }
          ASSERT_NEAR(found[i], std::max(sum, 0.0), 1e-5);
        }
      }
    }
  });
}

TEST(Currents, CurrentsMatchAPlainLoop) {
  on_all_targets([](Random& random) {
    Current current;
    current.y = {from_to(random, 2, 9), from_to(random, 2, 9), from_to(random, 1, 70)};
    current.max_pool = random.below(2) == 0;
    const auto channels = current.y.channels;
    const auto scale = random_values(random, channels);
    const auto bias = random_values(random, channels);
    current.scale = scale.data();
    current.bias = bias.data();
    const std::size_t step = current.max_pool ? 2 : 1;
    const auto height = current.y.height / step;
    const auto width = current.y.width / step;
    const auto y = random_values(random, current.y.height * current.y.width * channels);
    std::vector<float> earlier;
    if (random.below(3) > 0) {
      current.gain = 0.7F;
      current.halved = random.below(2) == 0;
      // Twice the extent, or with a last row or column that is left out or makes its own windows.
      const auto extent = [&](std::size_t own) {
        return current.halved ? 2 * own - 1 + random.below(3) : own;
      };
      current.earlier_shape = {extent(height), extent(width), from_to(random, 1, channels + 2)};
      earlier = random_values(random, current.earlier_shape.height * current.earlier_shape.width *
                                          current.earlier_shape.channels);
      current.earlier = earlier.data();
    }
    std::vector<float> found(height * width * channels);
    make_current(current, y.data(), found.data());
    const auto y_at = [&](std::size_t r, std::size_t x, std::size_t c) {
      return y[(r * current.y.width + x) * channels + c];
    };
    const auto earlier_at = [&](std::size_t r, std::size_t x, std::size_t c) {
      const auto& shape = current.earlier_shape;
      return earlier[(r * shape.width + x) * shape.channels + c % shape.channels];
    };
    std::size_t i = 0;
    for (std::size_t r = 0; r < height; ++r) {
      for (std::size_t x = 0; x < width; ++x) {
        for (std::size_t c = 0; c < channels; ++c, ++i) {
          float value = y_at(step * r, step * x, c);
          if (current.max_pool) {
            value = std::max({value, y_at(2 * r, 2 * x + 1, c), y_at(2 * r + 1, 2 * x, c),
                              y_at(2 * r + 1, 2 * x + 1, c)});
          }
          float want = scale[c] * value + bias[c];
          if (!earlier.empty() && current.halved) {
            float sum = 0;
            int count = 0;
            for (auto row = 2 * r; row < std::min(2 * r + 2, current.earlier_shape.height); ++row) {
              for (auto at = 2 * x; at < std::min(2 * x + 2, current.earlier_shape.width); ++at) {
                sum += earlier_at(row, at, c);
                ++count;
              }
            }
            want += sum / static_cast<float>(count);
          } else if (!earlier.empty()) {
            want += earlier_at(r, x, c);
          }
          ASSERT_NEAR(found[i], current.gain * want, 1e-5);
        }
      }
    }
  });
}

}  // namespace
}  // namespace staa::kernels
