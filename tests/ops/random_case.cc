#include "ops/random_case.h"

#include <algorithm>

#include "staa/util/random.h"

namespace staa::test {
namespace {

/// Draws the weights of a layer with `channels` channels. `scale` reduces weights that are summed
/// over channels.
struct Weights {
  std::int64_t channels;
  double scale;
  torch::ScalarType type;

  torch::Tensor leaf(const std::vector<std::int64_t>& shape, double deviation) const {
    return (torch::randn(shape, type) * deviation).requires_grad_(true);
  }
  ops::GcParameters gc(std::int64_t reduced) const {
    return {leaf({1, channels, 1, 1}, 0.5 * scale),
            leaf({1}, 0.5),
            leaf({reduced, channels, 1, 1}, 0.3 * scale),
            leaf({reduced}, 0.3),
            leaf({reduced}, 0.5),
            leaf({reduced}, 0.5),
            leaf({channels, reduced, 1, 1}, 0.4 * scale),
            leaf({channels}, 0.2)};
  }
  ops::SaParameters sa(std::int64_t reduced) const {
    return {leaf({reduced, channels, 1, 1}, 0.4 * scale), leaf({reduced}, 0.3),
            leaf({channels, reduced, 1, 1}, 0.4), leaf({channels}, 0.3)};
  }
};

}  // namespace

std::vector<torch::Tensor> RandomCase::inputs() const {
  std::vector<torch::Tensor> all{x, parameters.pe};
  for (const auto& gc : {parameters.gc1, parameters.gc2}) {
    for (const auto& tensor : gc.list()) all.push_back(tensor);
  }
  for (const auto& tensor : parameters.sa.list()) all.push_back(tensor);
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const torch::Tensor& tensor) { return !tensor.defined(); }),
            all.end());
  return all;
}

RandomCase random_case(std::uint64_t seed, CaseSize size, torch::ScalarType type) {
  Random random{seed};
  torch::manual_seed(seed);
  RandomCase c;
  auto& o = c.options;
  const auto pick = [&](auto last) {
    return static_cast<decltype(last)>(random.below(static_cast<std::int64_t>(last) + 1));
  };
  o.surrogate = pick(Surrogate::kFastSigmoid);
  o.surrogate_width = random.uniform(0.5, 2.0);
  o.detach_reset = random.chance(0.5);
  o.tau = random.uniform(1.2, 3.0);
  o.threshold = random.uniform(0.5, 1.2);
  o.reset = random.chance(0.5) ? 0.0 : random.uniform(-0.3, 0.3);
  o.gc = random.chance(0.7);
  o.pe = random.chance(0.7);
  o.sa = random.chance(0.7);
  o.pe_placement = pick(PePlacement::kPost);
  o.tsrd_fallback = pick(TsrdFallback::kLif);
  o.sa_alpha = random.uniform(0.5, 3.0);
  Random other{seed, 1};
  if (other.chance(0.5)) {  // a gate well above 1 would make membranes and their rounding explode
    o.sa_gain = SaGain::kOutside;
    o.sa_alpha = other.uniform(0.5, 1.5);
  }
  o.decay_input = other.chance(0.5);
  o.surrogate_scale = other.uniform(0.5, 1.2);  // more would make rounding explode over the steps

  const bool wide = size == CaseSize::kWide;
  const std::int64_t steps = 1 + random.below(wide ? 16 : 6);
  const std::int64_t batch = 1 + random.below(wide ? 20 : 3);
  const std::int64_t channels = 1 + random.below(wide ? 70 : 11);
  const std::int64_t height = 1 + random.below(wide ? 9 : 5);
  const std::int64_t width = 1 + random.below(5);
  if (random.chance(0.5)) {
    c.x = torch::randn({steps, batch, height, width, channels}, type).permute({0, 1, 4, 2, 3});
  } else {
    c.x = torch::randn({steps, batch, channels, height, width}, type);
  }
  c.x.requires_grad_(true);
  const Weights weights{channels, wide ? 0.4 : 1, type};
  const std::int64_t reduced = std::max<std::int64_t>(1, channels / 4);
  if (o.gc) {
    c.parameters.gc1 = weights.gc(reduced);
    c.parameters.gc2 = weights.gc(reduced);
  }
  if (o.sa) c.parameters.sa = weights.sa(wide ? 5 : 4);
  if (o.pe) {
    const bool both = o.pe_placement == PePlacement::kBoth;
    const auto rows = wide ? steps + 1 : steps;
    c.parameters.pe =
        both ? weights.leaf({2, rows, channels}, 0.5) : weights.leaf({rows, channels}, 0.5);
  }
  for (std::int64_t t = 0; t < steps; ++t) c.dropped.push_back(t > 0 && random.chance(0.3));
  return c;
}

std::ostream& operator<<(std::ostream& out, const RandomCase& c) {
  const auto& o = c.options;
  return out << "x " << c.x.sizes() << " gc " << o.gc << " pe " << o.pe << " placement "
             << static_cast<int>(o.pe_placement) << " sa " << o.sa << " surrogate "
             << static_cast<int>(o.surrogate) << " detach_reset " << o.detach_reset << " fallback "
             << static_cast<int>(o.tsrd_fallback) << " sa_gain " << static_cast<int>(o.sa_gain)
             << " decay_input " << o.decay_input << " activation "
             << static_cast<int>(o.activation);
}

}  // namespace staa::test
