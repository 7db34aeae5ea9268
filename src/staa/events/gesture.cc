#include "staa/events/gesture.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <string_view>

#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

constexpr const char* kTitle = "class,startTime_usec,endTime_usec";

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::istringstream text(read_text_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

/// Parses exactly three integers separated by commas.
bool parse(std::string_view line, std::array<std::int64_t, 3>& values) {
  const char* next = line.data();
  const char* end = line.data() + line.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && (next == end || *next++ != ',')) return false;
    const auto parsed = std::from_chars(next, end, values[i]);
    if (parsed.ec != std::errc()) return false;
    next = parsed.ptr;
  }
  return next == end;
}

}  // namespace

std::vector<GestureSpan> read_gesture_spans(const std::filesystem::path& path,
                                            std::int64_t classes) {
  const auto lines = lines_of(path);
  if (lines.empty() || lines.front() != kTitle) {
    fail(ErrorKind::kInput, "{}:1: expected \"{}\", found \"{}\"", path.string(), kTitle,
         lines.empty() ? "" : lines.front().substr(0, 80));
  }
  std::vector<GestureSpan> spans;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    std::array<std::int64_t, 3> values{};
    if (!parse(lines[i], values)) {
      fail(ErrorKind::kInput, "{}:{}: expected \"CLASS,START,END\", found \"{}\"", path.string(),
           i + 1, lines[i].substr(0, 80));
    }
    const auto [label, begin, end] = values;
    if (label < 1 || label > classes) {
      fail(ErrorKind::kInput, "{}:{}: expected a class from 1 to {}, found {}", path.string(),
           i + 1, classes, label);
    }
    if (begin < 0 || end <= begin) {
      fail(ErrorKind::kInput, "{}:{}: expected a time span, found {} to {}", path.string(), i + 1,
           begin, end);
    }
    spans.push_back({label, begin, end});
  }
  return spans;
}

std::vector<std::string> read_trials(const std::filesystem::path& path) {
  std::vector<std::string> names;
  const auto lines = lines_of(path);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.empty()) continue;
    const bool plain = line.find_first_of("/\\") == std::string::npos && line.front() != '.';
    if (!plain || std::find(names.begin(), names.end(), line) != names.end()) {
      fail(ErrorKind::kInput, "{}:{}: expected the name of a file not named before, found \"{}\"",
           path.string(), i + 1, line.substr(0, 80));
    }
    names.push_back(line);
  }
  return names;
}

}  // namespace staa::events
