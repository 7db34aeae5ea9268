#pragma once

#include <limits>
#include <string>

namespace staa {

/// The range of values that a number may take.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;  ///< `low` itself is excluded
};

/// Whether `value` is finite and in the range.
bool contains(const Range& range, double value);
/// "at least 1", "above 0", "0 to 1" and the like, or "" for an unlimited range.
std::string describe(const Range& range);

constexpr Range at_least(double low) { return {low}; }
constexpr Range above(double low) { return {low, std::numeric_limits<double>::infinity(), true}; }
constexpr Range between(double low, double high) { return {low, high}; }

/// Describes one member of a struct of options, once for all uses: recipe keys, validation,
/// `staa info --keys`, operator schemas and Python's keyword arguments. The default value is the
/// one in the struct.
template <class Options, class Value>
struct Option {
  const char* name;  ///< in recipes, Python and messages; the same as the member's
  Value Options::*member;
  const char* help;        ///< one line
  const char* paper = "";  ///< its equation, section or figure in the paper, or ""
  Range range = {};        ///< for numbers
};

}  // namespace staa
