#include "staa/ops/spike_convolution.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "ops/compare.h"
#include "staa/kernels/spikes.h"
#include "staa/ops/neurons.h"
#include "staa/util/error.h"
#include "staa/util/random.h"

namespace staa::ops {
namespace {

using test::for_targets;
using torch::Tensor;

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.uniform() * static_cast<double>(high - low + 1));
}

struct ConvolutionCase {
  Tensor x;
  Tensor weight;
  std::int64_t stride;
  std::int64_t padding;
};

Tensor random_spikes(torch::IntArrayRef sizes, double rate, torch::ScalarType type) {
  return (torch::rand(sizes) < rate).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
}

ConvolutionCase random_convolution(std::uint64_t seed, double rate) {
  Random random{seed, 5};
  torch::manual_seed(static_cast<std::int64_t>(seed));
  const auto kernel = between(random, 1, 3);
  const auto padding = between(random, 0, kernel - 1);
  const auto extent = [&] {
    return between(random, std::max<std::int64_t>(1, kernel - 2 * padding), 9);
  };
  const auto in = between(random, 1, 140);
  const auto out = between(random, 1, 70);
  const auto height = extent();
  const auto width = extent();
  const auto type = random.chance(0.5) ? torch::kDouble : torch::kFloat;
  const auto images = between(random, 1, 5);
  return {random_spikes({images, in, height, width}, rate, type).requires_grad_(true),
          torch::randn({out, in, kernel, kernel}, type).requires_grad_(true), between(random, 1, 2),
          padding};
}

/// Compares output and gradients with those of the dense convolution.
void expect_convolved(const ConvolutionCase& c) {
  const auto run = [&](const Tensor& y) {
    torch::manual_seed(3);
    const auto dy = torch::randn(y.sizes(), y.options());
    auto all = torch::autograd::grad({y}, {c.x, c.weight}, {dy});
    all.push_back(y);
    return all;
  };
  const auto found = run(spike_convolution(c.x, c.weight, c.stride, c.padding));
  const auto expected = run(torch::conv2d(c.x, c.weight, {}, c.stride, c.padding));
  const double tolerance = c.x.scalar_type() == torch::kDouble ? 1e-11 : 1e-4;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].sizes(), expected[i].sizes()) << "tensor " << i;
    const auto scale = 1 + expected[i].abs().max().item<double>();
    EXPECT_LE((found[i] - expected[i]).abs().max().item<double>(), tolerance * scale)
        << "tensor " << i;
  }
}

TEST(SpikeConvolution, MatchesTheDenseOneOnEveryTarget) {
  for_targets([] {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      SCOPED_TRACE(seed);
      const double rates[] = {0, 0.03, 0.2};
      expect_convolved(random_convolution(seed, rates[seed % 3]));
    }
  });
}

TEST(SpikeConvolution, TakesGroupsOfManyImages) {
  for_targets([] {
    torch::manual_seed(1);
    for (const std::int64_t stride : {1, 2}) {
      expect_convolved({random_spikes({70, 32, 8, 8}, 0.1, torch::kFloat).requires_grad_(true),
                        torch::randn({48, 32, 3, 3}).requires_grad_(true), stride, 1});
    }
  });
}

TEST(SpikeConvolution, TakesManySpikesAndOtherValuesDensely) {
  auto crowded = random_convolution(4, 0.8);
  expect_convolved(crowded);
  auto pooled = random_convolution(5, 0.1);
  pooled.x = (pooled.x.detach() / 4).requires_grad_(true);
  expect_convolved(pooled);
  auto last = random_convolution(6, 0.1);
  last.x = last.x.detach().clone();
  last.x.select(0, -1).select(0, -1).select(0, -1).select(0, -1).fill_(-1);
  last.x.requires_grad_(true);
  expect_convolved(last);
}

TEST(SpikeConvolution, TakesAnyMemoryOrderAndLargeKernels) {
  auto c = random_convolution(8, 0.1);
  c.x = c.x.detach().contiguous().requires_grad_(true);
  expect_convolved(c);
  torch::manual_seed(2);
  expect_convolved({random_spikes({2, 3, 12, 12}, 0.1, torch::kFloat).requires_grad_(true),
                    torch::randn({5, 3, 7, 7}).requires_grad_(true), 2, 3});
}

TEST(SpikeConvolution, TakesBitsInPlaceOfReadingTheInput) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto c = random_convolution(seed, 0.04);
    // A neuron layer that fires exactly where x is 1 returns x and its bits.
    const auto spikes = lif(c.x.detach().unsqueeze(0) * 4, {});
    const auto x = spikes.values.squeeze(0);
    ASSERT_TRUE(x.equal(c.x));
    const auto found = convolve_spikes(x, c.weight, c.stride, c.padding, spikes.bits.squeeze(0));
    EXPECT_TRUE(found.values.equal(spike_convolution(x, c.weight, c.stride, c.padding)));
  }
}

TEST(SpikeConvolution, ComesAgainToTheBit) {
  for (const double rate : {0.02, 0.7}) {
    const auto c = random_convolution(3, rate);
    const auto found = convolve_spikes(c.x, c.weight, c.stride, c.padding);
    EXPECT_TRUE(found.values.equal(found.again()));
    const torch::NoGradGuard no_grad;
    c.weight.add_(1);
    EXPECT_THROW(found.again(), Error);
  }
}

TEST(SpikeConvolution, RoundsOnceInBf16) {
  for_targets([] {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      SCOPED_TRACE(seed);
      const auto c = random_convolution(seed, seed % 2 == 0 ? 0.02 : 0.3);
      const auto x = c.x.detach().to(torch::kFloat).requires_grad_(true);
      const auto weight = c.weight.detach().to(torch::kFloat).requires_grad_(true);
      const auto half = x.detach().to(torch::kBFloat16).requires_grad_(true);
      const auto expected = torch::conv2d(x, weight, {}, c.stride, c.padding);
      const auto found = spike_convolution(half, weight, c.stride, c.padding);
      ASSERT_EQ(found.scalar_type(), torch::kBFloat16);
      const auto dy = torch::randn_like(expected).to(torch::kBFloat16);
      const auto gradients = torch::autograd::grad({found}, {half, weight}, {dy});
      const auto wanted = torch::autograd::grad({expected}, {x, weight}, {dy.to(torch::kFloat)});
      // The error of a sum of n rounded terms grows with sqrt(n); one rounding to bf16 adds up to
      // 2^-8.
      const auto bound = [](const Tensor& all) {
        return 0.02 * (1 + all.abs().max().item<double>());
      };
      const auto error = [](const Tensor& a, const Tensor& b) {
        return (a.to(torch::kFloat) - b).abs().max().item<double>();
      };
      EXPECT_LE(error(found, expected), bound(expected));
      EXPECT_LE(error(gradients[0], wanted[0]), bound(wanted[0]));
      ASSERT_EQ(gradients[1].scalar_type(), torch::kFloat);
      EXPECT_LE(error(gradients[1], wanted[1]), bound(wanted[1]));
    }
  });
}

TEST(SpikeConvolution, GivesAnImageTheSameBitsAloneAndInABatch) {
  torch::manual_seed(9);
  const auto x = random_spikes({40, 24, 6, 6}, 0.05, torch::kFloat);
  const auto weight = torch::randn({40, 24, 3, 3});
  const auto together = spike_convolution(x, weight);
  EXPECT_TRUE(together.equal(spike_convolution(x, weight)));
  EXPECT_TRUE(together.slice(0, 17, 18).equal(spike_convolution(x.slice(0, 17, 18), weight)));
}

TEST(Spikes, ComeBackFromTheirBits) {
  for_targets([] {
    for (std::int64_t size = 1; size < 200; ++size) {
      const auto values = (torch::rand({size}, torch::kDouble) < 0.4).to(torch::kDouble);
      std::vector<std::uint64_t> words(kernels::spike_words(static_cast<std::size_t>(size)));
      const auto packed = kernels::pack_spikes(values.data_ptr<double>(),
                                               static_cast<std::size_t>(size), words.data());
      EXPECT_TRUE(packed.binary);
      EXPECT_EQ(static_cast<double>(packed.fired), values.sum().item<double>());
      const auto back = torch::full({size}, 7.0, torch::kDouble);
      kernels::unpack_spikes(words.data(), static_cast<std::size_t>(size), back.data_ptr<double>());
      EXPECT_TRUE(back.equal(values)) << size;
      values[size - 1] = 0.5;
      EXPECT_FALSE(kernels::pack_spikes(values.data_ptr<double>(), static_cast<std::size_t>(size),
                                        words.data())
                       .binary);
    }
  });
}

}  // namespace
}  // namespace staa::ops
