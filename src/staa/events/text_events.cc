#include "staa/events/text_events.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "staa/events/byte_reader.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

using Fields = std::array<std::string_view, 4>;

bool is_gap(char c) { return c == ' ' || c == '\t' || c == ',' || c == ';'; }

/// Splits a line into fields. Returns their number, or 5 if there are more than four.
std::size_t cut(std::string_view line, Fields& fields) {
  std::size_t count = 0;
  std::size_t at = 0;
  while (at < line.size()) {
    while (at < line.size() && is_gap(line[at])) ++at;
    const auto begin = at;
    while (at < line.size() && !is_gap(line[at])) ++at;
    if (at == begin) break;
    if (count == fields.size()) return count + 1;
    fields[count++] = line.substr(begin, at - begin);
  }
  return count;
}

bool whole(std::string_view text, std::int64_t& value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// Parses seconds or microseconds; the result is in microseconds.
bool time(std::string_view text, bool seconds, std::int64_t& value) {
  if (!seconds && whole(text, value)) return true;
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return false;
  number = std::round(seconds ? number * 1e6 : number);
  if (!(std::abs(number) < 0x1.0p62)) return false;
  value = static_cast<std::int64_t>(number);
  return true;
}

class TextStream : public EventStream {
 public:
  TextStream(const std::filesystem::path& path, Sensor asked) : reader_(path) {
    read_head();
    sensor_ = choose_sensor(stated_, asked);
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(begin_);
    line_ = first_line_;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    // One call reads at most this many lines, which limits its time.
    for (std::size_t lines = 0; done < capacity && (done == 0 || lines < kChunkEvents); ++lines) {
      if (reader_.left() == 0) break;
      const auto offset = reader_.offset();
      const auto line = take_line();
      if (!is_event_line(line)) continue;
      done += decode(line, offset, out[done]) ? 1 : 0;
    }
    return done;
  }

 private:
  static bool is_event_line(std::string_view line) {
    return line.find_first_not_of(" \t") != std::string_view::npos && line.front() != '#' &&
           line.front() != '%';
  }

  /// Reads a line; the last line of a file may have no line end.
  std::string take_line() {
    ++line_;
    if (reader_.left() <= ByteReader::kMaxLineBytes) {
      const auto left = static_cast<std::size_t>(reader_.left());
      const auto* bytes = reader_.take(left, "line");
      const auto* end = std::find(bytes, bytes + left, std::uint8_t{'\n'});
      std::string line(bytes, end);
      if (end != bytes + left) reader_.seek(reader_.offset() - left + line.size() + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    return reader_.take_line("line");
  }

  /// Reads everything before the first event.
  void read_head() {
    for (;;) {
      begin_ = reader_.offset();
      first_line_ = line_;
      if (reader_.left() == 0) return;
      const auto line = take_line();
      if (line.rfind("%geometry:", 0) == 0) read_geometry(line.substr(10));
      if (!is_event_line(line)) continue;
      Fields fields;
      const auto count = cut(line, fields);
      if (count == 2 && stated_ == Sensor{}) {
        read_geometry(line);
      } else if (count == 4 && std::isalpha(static_cast<unsigned char>(fields[0][0])) != 0) {
        name_columns(fields, line);
      } else {
        const auto t = count == 4 ? fields[columns_[0]] : std::string_view();
        seconds_ = t.find('.') != std::string_view::npos;
        reader_.seek(begin_);
        line_ = first_line_;
        return;
      }
    }
  }

  void read_geometry(std::string_view line) {
    Fields fields;
    std::int64_t width = 0;
    std::int64_t height = 0;
    if (cut(line, fields) == 2 && whole(fields[0], width) && whole(fields[1], height) &&
        width > 0 && height > 0 && width <= kAnySensor.width && height <= kAnySensor.height) {
      stated_ = {width, height};
      return;
    }
    refuse(begin_, "the sensor's width and height", line);
  }

  void name_columns(const Fields& fields, std::string_view line) {
    constexpr std::string_view kNames = "txyp";
    for (std::size_t column = 0; column < kNames.size(); ++column) {
      const auto found = std::find_if(fields.begin(), fields.end(), [&](std::string_view field) {
        return std::tolower(static_cast<unsigned char>(field[0])) == kNames[column];
      });
      if (found == fields.end()) refuse(begin_, "columns t, x, y and p", line);
      columns_[column] = static_cast<std::size_t>(found - fields.begin());
    }
  }

  bool decode(std::string_view line, std::uint64_t offset, Event& event) {
    Fields fields;
    std::int64_t x = 0;
    std::int64_t y = 0;
    std::int64_t p = 0;
    const bool fits = cut(line, fields) == 4 && time(fields[columns_[0]], seconds_, event.t) &&
                      whole(fields[columns_[1]], x) && whole(fields[columns_[2]], y) &&
                      whole(fields[columns_[3]], p) && p >= -1 && p <= 1;
    if (!fits) refuse(offset, "an event as \"t x y p\" with a polarity of 0 or 1", line);
    if (x < 0 || y < 0 || x >= sensor_.width || y >= sensor_.height) {
      ++skipped_.outside;
      return false;
    }
    event.x = static_cast<std::uint16_t>(x);
    event.y = static_cast<std::uint16_t>(y);
    event.polarity = p > 0 ? 1 : 0;
    return true;
  }

  [[noreturn]] void refuse(std::uint64_t offset, const char* expected,
                           std::string_view line) const {
    std::string shown(line.substr(0, 60));
    for (auto& c : shown) c = std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?';
    fail(ErrorKind::kInput, "{}:{}: offset {}: expected {}, found \"{}\"", name(), line_, offset,
         expected, shown);
  }

  ByteReader reader_;
  Sensor stated_;
  Sensor sensor_;
  std::array<std::size_t, 4> columns_{0, 1, 2, 3};  ///< of t, x, y and p
  bool seconds_ = false;
  std::uint64_t begin_ = 0;       ///< where the first event's line starts
  std::uint64_t first_line_ = 0;  ///< number of lines before it
  std::uint64_t line_ = 0;        ///< number of the last line read, from 1
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<EventStream> open_text(const std::filesystem::path& path, Sensor asked) {
  return std::make_unique<TextStream>(path, asked);
}

}  // namespace staa::events
