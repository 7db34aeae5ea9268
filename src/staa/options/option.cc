#include "staa/options/option.h"

#include <fmt/format.h>

#include <cmath>

namespace staa {

bool contains(const Range& range, double value) {
  return std::isfinite(value) && value >= range.low && value <= range.high &&
         !(range.above_low && value == range.low);
}

std::string describe(const Range& range) {
  if (std::isfinite(range.low) && std::isfinite(range.high)) {
    return fmt::format("{}{} to {}", range.above_low ? "above " : "", range.low, range.high);
  }
  if (!std::isfinite(range.low)) return "";
  return fmt::format("{} {}", range.above_low ? "above" : "at least", range.low);
}

}  // namespace staa
