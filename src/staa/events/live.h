#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"

namespace staa::events {

/// What a camera sends.
enum class LiveFormat {
  kAuto,     ///< as its first bytes tell: EVT with its header, AEDAT 3.1, else 5-byte events
  kEvt3,     ///< EVT 3.0, with its header or without
  kAedat31,  ///< AEDAT 3.1, behind a file's header or that of a network stream, or packets alone
  kAtis,     ///< 5 bytes an event
};

/// Decodes a stream of bytes that come in pieces of any size. Holds what is left of a record, at
/// most 64 KiB, and nothing else.
class LiveDecoder {
 public:
  virtual ~LiveDecoder() = default;

  /// Appends the events that `bytes` complete. Throws Error(kInput) naming the stream and the
  /// offset in it for what cannot be read.
  virtual void add(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) = 0;

  /// "evt3", "aedat3.1", "atis"; "" before it is known.
  virtual const char* format() const = 0;
  /// What the stream states, else what the caller asked for.
  virtual Sensor sensor() const = 0;
  /// The camera's time now: no later event is earlier; -1 where the format does not tell.
  virtual std::int64_t clock() const { return -1; }
  virtual Skipped skipped() const = 0;
  /// Bytes that have come of a record, or are still to come of a packet; at the stream's end above
  /// 0: it was cut off.
  virtual std::size_t waiting() const = 0;
};

/// `name` stands for the stream in messages; `asked` is the sensor where the stream states none.
std::unique_ptr<LiveDecoder> make_live_decoder(LiveFormat format, std::string name, Sensor asked);

}  // namespace staa::events
