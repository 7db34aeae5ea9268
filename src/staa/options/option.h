#pragma once

#include <limits>
#include <string>

namespace staa {

/// The values that a number may take.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;  ///< `low` itself is not allowed
};

/// Whether a finite `value` lies in it.
bool contains(const Range& range, double value);
/// "at least 1", "above 0", "0 to 1", or "" where everything goes.
std::string describe(const Range& range);

constexpr Range at_least(double low) { return {low}; }
constexpr Range above(double low) { return {low, std::numeric_limits<double>::infinity(), true}; }
constexpr Range between(double low, double high) { return {low, high}; }

/// One member of a struct of options, described once: recipe keys, validation, `staa info --keys`,
/// operator schemas and Python's keywords all come from it. The default is the struct's own.
template <class Options, class Value>
struct Option {
  const char* name;  ///< in recipes, Python and messages alike: the member's own
  Value Options::*member;
  const char* help;        ///< one line
  const char* paper = "";  ///< the equation, section or figure it belongs to, or ""
  Range range = {};        ///< of numbers
};

}  // namespace staa
