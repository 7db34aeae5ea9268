#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace staa {

/// Random numbers that depend only on a key: Random({seed, epoch, index}) gives the same sequence
/// on every machine, in every thread and in any order of use. So runs with any number of workers,
/// and resumed runs, draw the same augmentations.
///
/// SplitMix64 (Steele, Lea, Flood 2014) over a hashed key. Satisfies UniformRandomBitGenerator.
class Random {
 public:
  using result_type = std::uint64_t;

  Random(std::initializer_list<std::uint64_t> key) {
    for (const auto word : key) state_ = mix(state_ ^ mix(word + kGolden));
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() { return mix(state_ += kGolden); }

  /// Uniform in [0, 1) with 53 random bits.
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// A uniform integer in [0, count), with negligible modulo bias (count is far below 2^32).
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(((*this)() >> 32) * static_cast<std::uint64_t>(count) >> 32);
  }

  /// Alternates between false and true from epoch to epoch in the random numbers of a sample
  /// (data/loading/loader.h); always false elsewhere.
  bool alternating() const { return alternating_; }
  void set_alternating(bool side) { alternating_ = side; }

  bool chance(double probability) { return uniform() < probability; }

  /// Standard normal (Box-Muller).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

  /// Gamma(shape, 1) by Marsaglia and Tsang (2000), with their boost for shape < 1.
  double gamma(double shape) {
    if (shape < 1.0) return gamma(shape + 1.0) * std::pow(1.0 - uniform(), 1.0 / shape);
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
      const double x = normal();
      const double v = std::pow(1.0 + c * x, 3);
      if (v <= 0.0) continue;
      if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
    }
  }

  /// Beta(a, b), which mixup uses.
  double beta(double a, double b) {
    const double x = gamma(a);
    return x / (x + gamma(b));
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_ = 0;
  bool alternating_ = false;
};

}  // namespace staa
