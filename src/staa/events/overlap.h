#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace staa::events {

/// total * k / parts without overflow: the start of part k of `parts` equal ones.
inline std::uint64_t share(std::uint64_t total, std::uint64_t k, std::uint64_t parts) {
  return total / parts * k + total % parts * k / parts;
}

/// How the pixels of a longer line overlap those of a shorter one. On a common grid, a pixel of the
/// long line is `fine` cells wide and a pixel of the short one `coarse` cells.
struct Overlap {
  std::int64_t fine = 1;
  std::int64_t coarse = 1;

  Overlap(std::int64_t from, std::int64_t to) {
    const auto common = std::gcd(from, to);
    fine = to / common;
    coarse = from / common;
  }

  /// Calls add(target pixel, cells) for the one or two pixels that `pixel` overlaps.
  template <typename Add>
  void spread(std::int64_t pixel, Add add) const {
    const auto begin = pixel * fine;
    const auto target = begin / coarse;
    const auto cells = std::min(fine, (target + 1) * coarse - begin);
    add(target, cells);
    if (cells < fine) add(target + 1, fine - cells);
  }
};

}  // namespace staa::events
