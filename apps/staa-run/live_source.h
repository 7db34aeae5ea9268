#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "staa/events/live.h"

namespace staa::app {

/// Where live events come from.
struct LiveSource {
  std::string name;  ///< "-", "tcp://HOST:PORT" or a recording's file
  events::LiveFormat format = events::LiveFormat::kAuto;
  events::Sensor sensor;  ///< where the stream states none
  double speed = 1;       ///< of a file: times its own; 0: as fast as it can be read
};

/// What a source has told so far, when it ended.
struct SourceEnd {
  std::string format;
  events::Skipped skipped;
  std::size_t cut_bytes = 0;  ///< of a record or packet that the stream ended in (LiveDecoder)
  std::string broken;         ///< the error that ended it; "": its end, or `stop`
};

/// Calls begin(sensor) when the sensor is known, before the first events, then use(events, count,
/// clock) as they come, until the source ends or `stop` is set. clock is the camera's time, -1
/// where it is not known. Errors of the stream itself end it and are told in the result; those of
/// opening it are thrown: Error(kIo) for a file or server that is not there.
SourceEnd run_source(
    const LiveSource& source, const std::atomic<bool>& stop,
    const std::function<void(events::Sensor)>& begin,
    const std::function<void(const events::Event*, std::size_t, std::int64_t)>& use);

}  // namespace staa::app
