#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace staa::events {

/// A change of brightness at one pixel.
struct Event {
  std::int64_t t = 0;  ///< microseconds; the origin differs between files
  std::uint16_t x = 0;
  std::uint16_t y = 0;        ///< as in the file; whether y points up or down depends on the camera
  std::uint8_t polarity = 0;  ///< 1: brighter, 0: darker
};

inline bool operator==(const Event& a, const Event& b) {
  return a.t == b.t && a.x == b.x && a.y == b.y && a.polarity == b.polarity;
}

/// Extent of a sensor in pixels.
struct Sensor {
  std::int64_t width = 0;
  std::int64_t height = 0;
};

inline bool operator==(const Sensor& a, const Sensor& b) {
  return a.width == b.width && a.height == b.height;
}

/// All addresses that an Event can represent: the sensor of a recording that states none.
constexpr Sensor kAnySensor{65536, 65536};

/// The sensor that the file states, or else the one that the caller asks for; 0x0 stands for
/// neither.
inline Sensor choose_sensor(Sensor stated, Sensor asked) {
  if (!(stated == Sensor{})) return stated;
  return asked == Sensor{} ? kAnySensor : asked;
}

/// The numbers of records that a reader has skipped, by reason.
struct Skipped {
  std::uint64_t special = 0;   ///< not a change of brightness: synchronisation, images, motion
  std::uint64_t invalid = 0;   ///< marked as invalid by the camera
  std::uint64_t outside = 0;   ///< address outside the sensor
  std::uint64_t triggers = 0;  ///< the special ones from the camera's external inputs

  std::uint64_t total() const { return special + invalid + outside; }
};

/// The events of one recording, read in chunks in the order of the file. A reader holds a few
/// blocks of the file in memory, never the whole file. A stream must be used by one thread.
class EventStream {
 public:
  virtual ~EventStream() = default;

  /// The name of the file, for messages.
  virtual const std::string& name() const = 0;
  virtual Sensor sensor() const = 0;

  /// Writes up to `capacity` (at least 1) events to `out` and returns their number, which is 0 only
  /// at the end. Every event lies within sensor(). Throws Error(kInput), naming the file and the
  /// offset of the broken part.
  virtual std::size_t read(Event* out, std::size_t capacity) = 0;

  /// Starts again at the first event and resets the skipped counts.
  virtual void rewind() = 0;

  /// The records skipped so far.
  virtual const Skipped& skipped() const = 0;
};

/// A good chunk size: large enough to hide the cost of a call, small enough for the cache.
constexpr std::size_t kChunkEvents = 4096;

}  // namespace staa::events
