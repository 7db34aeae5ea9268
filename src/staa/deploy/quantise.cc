#include "staa/deploy/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace staa::deploy {
namespace {

/// The largest integer that is used.
double largest_integer(Bits bits) { return bits == Bits::k8 ? 127 : 32767; }

/// The weights of one output channel [taps, in], exact and rounded, in units of the scale.
class Rounding {
 public:
  Rounding(const double* exact, double* rounded, std::int64_t taps, std::int64_t in,
           std::int64_t stride, double most)
      : exact_(exact), rounded_(rounded), taps_(taps), in_(in), stride_(stride), most_(most) {}

  /// Moves weights to their other neighbouring integer until the sum of errors is at most a half,
  /// first over the taps of each input channel and then over all channels.
  void balance() {
    std::vector<double> errors(static_cast<std::size_t>(in_));
    for (std::int64_t c = 0; c < in_; ++c) {
      auto& sum = errors[static_cast<std::size_t>(c)];
      for (std::int64_t t = 0; t < taps_; ++t) sum += error(t, c);
      while (std::abs(sum) > 0.5 && move(c, sum)) {
      }
    }
    double total = std::accumulate(errors.begin(), errors.end(), 0.0);
    std::vector<std::int64_t> order(errors.size());
    std::iota(order.begin(), order.end(), 0);
    const double sign = total > 0 ? 1 : -1;
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return sign * errors[static_cast<std::size_t>(a)] >
             sign * errors[static_cast<std::size_t>(b)];
    });
    for (const auto c : order) {
      if (std::abs(total) <= 0.5) break;
      move(c, total);
    }
  }

 private:
  std::int64_t at(std::int64_t tap, std::int64_t c) const { return (tap * in_ + c) * stride_; }
  double error(std::int64_t tap, std::int64_t c) const {
    return rounded_[at(tap, c)] - exact_[at(tap, c)];
  }

  /// Moves the weight of channel c with the largest error of the sign of `sum`. Returns false if
  /// there is none.
  bool move(std::int64_t c, double& sum) {
    const double sign = sum > 0 ? 1 : -1;
    std::int64_t best = -1;
    double most = 0;
    for (std::int64_t t = 0; t < taps_; ++t) {
      const double off = sign * error(t, c);
      if (off <= most || std::abs(rounded_[at(t, c)] - sign) > most_) continue;
      most = off;
      best = t;
    }
    if (best < 0) return false;
    rounded_[at(best, c)] -= sign;
    sum -= sign;
    return true;
  }

  const double* exact_;
  double* rounded_;
  std::int64_t taps_;
  std::int64_t in_;
  std::int64_t stride_;
  double most_;
};

/// The scale of each channel that gives the smallest squared rounding error, among scales that clip
/// up to a third of the range.
torch::Tensor best_scale(const torch::Tensor& weight, double most) {
  constexpr int kTries = 21;
  const auto largest = weight.abs().amax({0, 1, 2}).clamp_min(1e-12);  // [out]
  torch::Tensor best;
  torch::Tensor result;
  for (int i = 0; i < kTries; ++i) {
    const auto scale = largest * ((1 - i / (3.0 * (kTries - 1))) / most);
    const auto values = (weight / scale).round().clamp(-most, most);
    const auto error = (values * scale - weight).square().sum({0, 1, 2});
    if (i == 0) {
      best = error;
      result = scale;
      continue;
    }
    result = torch::where(error < best, scale, result);
    best = torch::minimum(error, best);
  }
  return result.contiguous();
}

}  // namespace

Quantised quantise(const torch::Tensor& weight, Bits bits, int variant) {
  constexpr double kFiner = 0.003;
  const double most = largest_integer(bits);
  auto scale = best_scale(weight, most) * (1 - kFiner * variant);
  if (bits == Bits::k16) {
    // This is half of the available range; rounding may increase the sum.
    constexpr double kMostLevel = 16;
    constexpr double kMostSum = 1U << 30;
    scale = torch::maximum(scale, weight.abs().sum({0, 1, 2}) * (kMostLevel / kMostSum));
  }
  const auto exact = (weight / scale).contiguous();
  auto rounded = exact.round().clamp(-most, most).contiguous();
  const auto out = weight.size(3);
  for (std::int64_t o = 0; o < out; ++o) {
    Rounding(exact.data_ptr<double>() + o, rounded.data_ptr<double>() + o,
             weight.size(0) * weight.size(1), weight.size(2), out, most)
        .balance();
  }
  return {rounded.to(bits == Bits::k8 ? torch::kChar : torch::kShort).contiguous(), scale};
}

}  // namespace staa::deploy
