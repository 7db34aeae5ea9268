#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "staa/events/event.h"
#include "staa/events/recording.h"

namespace staa::events {

/// What a recording is, by one reading of it.
struct Summary {
  Extent extent;
  std::uint64_t on = 0;            ///< events of polarity 1
  std::uint64_t clock_faults = 0;  ///< events earlier than the one before them
  Sensor occupied;                 ///< from (0, 0) to the events furthest out; 0x0: no event
  Skipped skipped;

  /// From the earliest to the latest event, in microseconds.
  std::uint64_t duration() const {
    return static_cast<std::uint64_t>(extent.last) - static_cast<std::uint64_t>(extent.first);
  }
};

/// Reads a stream from its first event to its end and rewinds it.
Summary summarise(EventStream& stream);

/// The events of another stream up to where its file is broken, which ends it without an error.
class Salvage : public EventStream {
 public:
  explicit Salvage(std::unique_ptr<EventStream> whole) : whole_(std::move(whole)) {}

  const std::string& name() const override { return whole_->name(); }
  Sensor sensor() const override { return whole_->sensor(); }
  const Skipped& skipped() const override { return whole_->skipped(); }
  std::size_t read(Event* out, std::size_t capacity) override;
  void rewind() override;

  /// The error that was met; "": none so far.
  const std::string& broken() const { return broken_; }

 private:
  std::unique_ptr<EventStream> whole_;
  std::string broken_;
  bool ended_ = false;
};

/// A time as "250ms", "1.5s", "300us" or "300", microseconds; `what` names it in the message of
/// Error(kUsage) for anything else, and for times below 0.
std::int64_t parse_time(const std::string& text, const char* what);

/// "WIDTHxHEIGHT", each from 1 to 65,536; `what` names it in the message of Error(kUsage).
Sensor parse_size(const std::string& text, const char* what);

}  // namespace staa::events
