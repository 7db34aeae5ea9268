#include "staa/ops/spike_convolution.h"

#include <gtest/gtest.h>

#include "ops/compare.h"
#include "staa/kernels/spikes.h"
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

/// Output and gradients beside those of the dense convolution.
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
      expect_convolved(random_convolution(seed, seed % 7 == 0 ? 0 : 0.15));
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

TEST(SpikeConvolution, GivesAnImageTheSameBitsAloneAndInABatch) {
  torch::manual_seed(9);
  const auto x = random_spikes({40, 24, 6, 6}, 0.2, torch::kFloat);
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
