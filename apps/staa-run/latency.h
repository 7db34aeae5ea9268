#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace staa::app {

/// A distribution of times in a fixed amount of memory. Quantiles are accurate to 1 %, from a
/// microsecond to a thousand seconds.
class Latency {
 public:
  void add(double milliseconds) {
    const double at = std::log(std::fmax(milliseconds, kLeast) / kLeast) / kStep;
    ++counts_[std::min(counts_.size() - 1, static_cast<std::size_t>(at))];
    ++count_;
    sum_ += milliseconds;
    most_ = std::fmax(most_, milliseconds);
  }

  std::uint64_t count() const { return count_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  double most() const { return most_; }

  /// The smallest time that is not exceeded by this share of all times.
  double quantile(double share) const {
    const auto target = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below >= target && below > 0) {
        return std::fmin(most_, kLeast * std::exp(kStep * (static_cast<double>(i) + 0.5)));
      }
    }
    return most_;
  }

 private:
  static constexpr double kLeast = 1e-3;
  static constexpr double kStep = 0.01;
  std::array<std::uint64_t, 2100> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double most_ = 0;
};

}  // namespace staa::app
