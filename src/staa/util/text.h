#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace staa {

/// The candidate with the smallest edit distance to `word`, or "" if none is close enough: at most
/// a third of the longer word may differ, but 2 letters are always allowed.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b or c" for messages.
std::string join_choices(const std::vector<std::string>& choices);

/// Returns ", did you mean 'X'?" with the nearest candidate, or "" if none is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// 1234567 -> "1,234,567".
std::string with_thousands(std::int64_t value);

/// The current time in UTC, formatted by strftime's `format`.
std::string utc_now(const char* format);

/// Seconds as "3 s", "4 min 05 s" or "2 h 07 min".
std::string human_duration(double seconds);

}  // namespace staa
