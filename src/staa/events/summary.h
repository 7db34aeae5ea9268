#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "staa/events/event.h"
#include "staa/events/recording.h"

namespace staa::events {

/// A summary of a recording, from one pass over it.
struct Summary {
  Extent extent;
  std::uint64_t on = 0;            ///< events of polarity 1
  std::uint64_t clock_faults = 0;  ///< events earlier than the one before them
  Sensor occupied;                 ///< extent from (0, 0) to the outermost events; 0x0: no events
  Skipped skipped;

  /// The time from the earliest to the latest event, in microseconds.
  std::uint64_t duration() const {
    return static_cast<std::uint64_t>(extent.last) - static_cast<std::uint64_t>(extent.first);
  }
};

/// Reads a stream from its first event to its end, then rewinds it.
Summary summarise(EventStream& stream);

/// The events of another stream up to the place where its file is broken; there the stream ends
/// without an error.
class Salvage : public EventStream {
 public:
  explicit Salvage(std::unique_ptr<EventStream> whole) : whole_(std::move(whole)) {}

  const std::string& name() const override { return whole_->name(); }
  Sensor sensor() const override { return whole_->sensor(); }
  const Skipped& skipped() const override { return whole_->skipped(); }
  std::size_t read(Event* out, std::size_t capacity) override;
  void rewind() override;

  /// The error that ended the stream; "" if there was none so far.
  const std::string& broken() const { return broken_; }

 private:
  std::unique_ptr<EventStream> whole_;
  std::string broken_;
  bool ended_ = false;
};

/// Parses a time such as "250ms", "1.5s", "300us" or "300" (microseconds). Throws Error(kUsage),
/// naming the value as `what`, for anything else and for negative times.
std::int64_t parse_time(const std::string& text, const char* what);

/// Parses "WIDTHxHEIGHT", each from 1 to 65,536. Throws Error(kUsage), naming the value as `what`.
Sensor parse_size(const std::string& text, const char* what);

}  // namespace staa::events
