// Inference's convolutions against a plain loop, on random shapes, for every instruction set that
// this processor has.

#include "staa/kernels/inference/sparse_convolution.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "staa/util/random.h"

namespace staa::kernels {
namespace {

/// A convolution of random shape with its levels, weights and epilogue.
template <class Weight>
struct Case {
  explicit Case(std::uint64_t seed) {
    Random random{seed};
    const auto from_to = [&](std::uint64_t least, std::uint64_t most) {
      return static_cast<std::size_t>(least + random.below(most - least + 1));
    };
    const std::size_t kernels[] = {1, 2, 3, 3, 3, 5};
    shape.kernel = kernels[random.below(6)];
    shape.stride = from_to(1, 2);
    shape.padding = from_to(0, shape.kernel - 1);
    auto& input = shape.input;
    input.border = shape.padding + from_to(0, 1);
    input.channels = random.below(2) == 0 ? 16 * from_to(1, 4) : from_to(1, 70);
    // Widths of 7 and 14 take ways of their own.
    input.width = random.below(3) == 0 ? 7 * from_to(1, 2) : from_to(shape.kernel, 9);
    input.height = from_to(shape.kernel, 9);
    const bool square = random.below(3) == 0;
    shape.out = square ? input.channels : from_to(1, 80);
    steps = from_to(1, 9);
    const std::uint64_t mosts[] = {1, 1, 4, 127, 225};
    const auto most = mosts[random.below(5)];
    shape.small = most < 128;
    // Nothing, a little, or all of it fires.
    const double densities[] = {0, 0.02, 0.2, 0.6, 1};
    const double density = densities[random.below(5)];
    levels.assign(input.bytes() * steps + kLevelsSlack, 0);
    for (std::size_t s = 0; s < steps; ++s) {
      for (std::size_t y = 0; y < input.height; ++y) {
        for (std::size_t x = 0; x < input.width; ++x) {
          for (std::size_t c = 0; c < input.channels; ++c) {
            if (random.uniform(0, 1) >= density) continue;
            levels[s * input.bytes() + input.at(y, x) + c] =
                static_cast<std::uint8_t>(1 + random.below(most));
          }
        }
      }
    }
    weights.resize(shape.kernel * shape.kernel * input.channels * shape.out);
    for (auto& weight : weights) {
      if constexpr (std::is_same_v<Weight, float>) {
        weight = static_cast<float>(random.uniform(-0.5, 0.5));
      } else {
        // The largest and the smallest as well, as long as sums stay below 2^31.
        constexpr int kMost = std::numeric_limits<Weight>::max();
        const auto wide = most > 4 && sizeof(Weight) > 1 ? kMost / 64 : kMost;
        weight = static_cast<Weight>(static_cast<int>(random.below(2 * wide + 1)) - wide);
      }
    }
    const float unit =
        std::is_same_v<Weight, float> ? 1.0F : 1.0F / std::numeric_limits<Weight>::max();
    for (std::size_t o = 0; o < shape.out; ++o) {
      scale.push_back(unit * static_cast<float>(random.uniform(0.5, 2)));
      bias.push_back(static_cast<float>(random.uniform(-1, 1)));
    }
    scaled = !std::is_same_v<Weight, float> || random.below(2) == 0;
    add = random.below(2) == 0;
    for (std::size_t i = 0; i < steps * shape.out_values(); ++i) {
      before.push_back(static_cast<float>(random.uniform(-1, 1)));
    }
  }

  Epilogue epilogue() const { return {scaled ? scale.data() : nullptr, bias.data(), add}; }

  SparseConvolution shape;
  std::size_t steps = 1;
  std::vector<std::uint8_t> levels;
  std::vector<Weight> weights;
  std::vector<float> scale;
  std::vector<float> bias;
  bool scaled = true;
  bool add = false;
  std::vector<float> before;  ///< what the output holds
};

/// One output as the definition reads, and how far off rounding may bring it.
struct Expected {
  double value;
  double tolerance;
};

template <class Weight>
Expected expected(const Case<Weight>& c, std::size_t s, std::size_t y, std::size_t x,
                  std::size_t o) {
  const auto& shape = c.shape;
  const auto& input = shape.input;
  double sum = 0;
  double size = 0;
  for (std::size_t ky = 0; ky < shape.kernel; ++ky) {
    for (std::size_t kx = 0; kx < shape.kernel; ++kx) {
      const auto row = y * shape.stride + ky;
      const auto column = x * shape.stride + kx;
      if (row < shape.padding || row - shape.padding >= input.height) continue;
      if (column < shape.padding || column - shape.padding >= input.width) continue;
      const auto at = s * input.bytes() + input.at(row - shape.padding, column - shape.padding);
      for (std::size_t i = 0; i < input.channels; ++i) {
        const auto weight =
            c.weights[((ky * shape.kernel + kx) * input.channels + i) * shape.out + o];
        const auto term = static_cast<double>(c.levels[at + i]) * static_cast<double>(weight);
        sum += term;
        size += std::abs(term);
      }
    }
  }
  const double scale = c.scaled ? c.scale[o] : 1.0;
  const double before =
      c.add ? c.before[((s * shape.out_height() + y) * shape.out_width() + x) * shape.out + o] : 0;
  const double value = sum * scale + c.bias[o] + before;
  return {value, 1e-6 * (size * scale + std::abs(c.bias[o]) + std::abs(before) + 1e-3)};
}

/// Everything looked at, in the type that these weights take levels in.
std::vector<float> values_of(const Case<float>& c) {
  std::vector<float> values(c.levels.size());
  levels_to_floats(c.levels.data(), c.levels.size(), values.data());
  return values;
}
std::vector<std::int16_t> values_of(const Case<std::int16_t>& c) {
  std::vector<std::int16_t> values(c.levels.size());
  levels_to_halves(c.levels.data(), c.levels.size(), values.data());
  return values;
}
std::vector<std::uint8_t> values_of(const Case<std::int8_t>& c) { return c.levels; }

template <class Weight>
void try_case(const Case<Weight>& c) {
  std::vector<Weight> ordered(sparse_weights_size(c.shape, Weight{}));
  order_sparse_weights(c.shape, c.weights.data(), ordered.data());
  SpikeList list;
  auto of_spikes = c.before;
  convolve_spikes(c.shape, c.levels.data(), c.steps, ordered.data(), c.epilogue(), list,
                  of_spikes.data());
  auto of_all = c.before;
  convolve_all(c.shape, values_of(c).data(), c.steps, ordered.data(), c.epilogue(), of_all.data());
  ASSERT_EQ(of_spikes, of_all);
  std::size_t i = 0;
  for (std::size_t s = 0; s < c.steps; ++s) {
    for (std::size_t y = 0; y < c.shape.out_height(); ++y) {
      for (std::size_t x = 0; x < c.shape.out_width(); ++x) {
        for (std::size_t o = 0; o < c.shape.out; ++o, ++i) {
          const auto want = expected(c, s, y, x, o);
          ASSERT_NEAR(of_all[i], want.value, want.tolerance)
              << "step " << s << ", row " << y << ", column " << x << ", output " << o;
        }
      }
    }
  }
  // Either answer is right; asking must not read outside the levels.
  sparse_pays(c.shape, c.levels.data(), c.steps, Weight{});
}

template <class Weight>
class SparseConvolutionOf : public testing::Test {};
using Weights = testing::Types<float, std::int16_t, std::int8_t>;
TYPED_TEST_SUITE(SparseConvolutionOf, Weights);

TYPED_TEST(SparseConvolutionOf, RandomShapesMatchAPlainLoopInBothWays) {
  constexpr std::uint64_t kCases = 30;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    for (std::uint64_t seed = 0; seed < kCases && !this->HasFatalFailure(); ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      try_case(Case<TypeParam>(seed));
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace staa::kernels
