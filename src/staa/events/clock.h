#pragma once

#include <cstdint>

namespace staa::events {

/// Extends a clock of `bits` bits across its overflows. A decrease by more than half of its range
/// is an overflow; a smaller one is a fault of the clock and is passed on unchanged.
class RoundClock {
 public:
  explicit RoundClock(int bits) : bits_(bits) {}

  std::int64_t follow(std::uint64_t value) {
    const std::uint64_t half = std::uint64_t{1} << (bits_ - 1);
    if (value < last_ && last_ - value > half) ++rounds_;
    if (value > last_ && value - last_ > half && rounds_ > 0) --rounds_;
    last_ = value;
    return static_cast<std::int64_t>(rounds_ << bits_ | value);
  }

  void reset() { last_ = rounds_ = 0; }

 private:
  int bits_;
  std::uint64_t last_ = 0;
  std::uint64_t rounds_ = 0;
};

}  // namespace staa::events
