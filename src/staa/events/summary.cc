#include "staa/events/summary.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "staa/util/error.h"

namespace staa::events {

Summary summarise(EventStream& stream) {
  Summary summary;
  std::vector<Event> chunk(kChunkEvents);
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    extend(summary.extent, chunk.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& event = chunk[i];
      summary.on += event.polarity;
      summary.clock_faults += event.t < last ? 1 : 0;
      last = event.t;
      summary.occupied.width = std::max<std::int64_t>(summary.occupied.width, event.x + 1);
      summary.occupied.height = std::max<std::int64_t>(summary.occupied.height, event.y + 1);
    }
  }
  summary.skipped = stream.skipped();
  stream.rewind();
  return summary;
}

std::size_t Salvage::read(Event* out, std::size_t capacity) {
  if (ended_) return 0;
  try {
    return whole_->read(out, capacity);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
    broken_ = error.what();
    ended_ = true;
    return 0;
  }
}

void Salvage::rewind() {
  whole_->rewind();
  ended_ = false;
}

std::int64_t parse_time(const std::string& text, const char* what) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  const double scale = unit.empty() || unit == "us" ? 1
                       : unit == "ms"               ? 1e3
                       : unit == "s"                ? 1e6
                                                    : 0;
  const double microseconds = std::round(value * scale);
  if (parsed.ec != std::errc() || scale == 0 || !(microseconds >= 0 && microseconds < 1e18)) {
    fail(ErrorKind::kUsage,
         "{}: expected a time such as 250ms, 1.5s or 300us (without a unit: microseconds), found "
         "'{}'",
         what, text);
  }
  return static_cast<std::int64_t>(microseconds);
}

Sensor parse_size(const std::string& text, const char* what) {
  Sensor size;
  const char* end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, size.width);
  if (width.ec == std::errc() && width.ptr < end && *width.ptr == 'x') {
    const auto height = std::from_chars(width.ptr + 1, end, size.height);
    const bool whole = height.ec == std::errc() && height.ptr == end;
    if (whole && size.width > 0 && size.height > 0 && size.width <= kAnySensor.width &&
        size.height <= kAnySensor.height) {
      return size;
    }
  }
  fail(ErrorKind::kUsage, "{}: expected WIDTHxHEIGHT such as 640x480, found '{}'", what, text);
}

}  // namespace staa::events
