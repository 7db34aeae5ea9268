#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "staa/events/live.h"

namespace staa::app {

/// The source of live events.
struct LiveSource {
  std::string name;  ///< "-", "tcp://HOST:PORT" or a recording's file
  events::LiveFormat format = events::LiveFormat::kAuto;
  events::Sensor sensor;  ///< used if the stream does not state it
  double speed = 1;  ///< of playback, relative to real time; 0: as fast as the file can be read
};

/// The result of reading a source to its end.
struct SourceEnd {
  std::string format;
  events::Skipped skipped;
  std::size_t cut_bytes = 0;  ///< LiveDecoder::waiting() at the end
  std::string broken;  ///< the error that ended the stream; empty if it ended normally or by `stop`
};

/// Calls begin(sensor) once the sensor is known, before the first events. Then calls use(events,
/// count, clock) for events as they arrive, until the source ends or `stop` is set. `clock` is the
/// camera's time, or -1 if it is unknown. Errors while opening the source are thrown, such as
/// Error(kIo) if a file or server is not there; errors in the stream end it and are returned in the
/// result.
SourceEnd run_source(
    const LiveSource& source, const std::atomic<bool>& stop,
    const std::function<void(events::Sensor)>& begin,
    const std::function<void(const events::Event*, std::size_t, std::int64_t)>& use);

}  // namespace staa::app
