#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"

namespace staa::events {

/// The format of a camera's stream.
enum class LiveFormat {
  kAuto,     ///< from the first bytes: EVT with its header, AEDAT 3.1, else 5-byte events
  kEvt3,     ///< EVT 3.0, with or without its header
  kAedat31,  ///< AEDAT 3.1, with a file's or network stream's header or with packets only
  kAtis,     ///< 5 bytes per event
};

/// Decodes a stream of bytes that arrives in pieces of any size. Its memory is limited to the rest
/// of a record, at most 64 KiB.
class LiveDecoder {
 public:
  virtual ~LiveDecoder() = default;

  /// Appends the events that `bytes` complete. Throws Error(kInput), naming the stream and the
  /// offset in it, for data that cannot be read.
  virtual void add(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) = 0;

  /// "evt3", "aedat3.1" or "atis"; "" before the format is known.
  virtual const char* format() const = 0;
  /// The sensor that the stream states, or else the one that the caller asked for.
  virtual Sensor sensor() const = 0;
  /// The camera's current time: no later event is earlier. -1 if the format does not state it.
  virtual std::int64_t clock() const { return -1; }
  virtual Skipped skipped() const = 0;
  /// The number of bytes of an incomplete record so far, or still missing of a packet. A value
  /// above 0 at the end of the stream means that it was cut off.
  virtual std::size_t waiting() const = 0;
};

/// `name` is the stream's name in messages; `asked` is the sensor if the stream states none.
std::unique_ptr<LiveDecoder> make_live_decoder(LiveFormat format, std::string name, Sensor asked);

}  // namespace staa::events
