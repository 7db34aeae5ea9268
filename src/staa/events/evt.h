#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// The word formats of Prophesee cameras.
enum class EvtVersion {
  k2,          ///< EVT 2.0: 32 bits, one event per word
  k21,         ///< EVT 2.1: 64 bits, up to 32 events of one row per word
  k21Swapped,  ///< the same with the upper half of a word first ("endianness=legacy")
  k3,          ///< EVT 3.0: 16 bits; a word holds a changed row, column or time
};

/// Decodes the little-endian words of a Prophesee camera, from a file or a live stream. Overflows
/// of the clock are tracked. Triggers and the camera's own messages count as special. Events before
/// the first time, and words of reserved types, count as invalid.
class EvtDecoder {
 public:
  virtual ~EvtDecoder() = default;

  virtual std::size_t word_bytes() const = 0;

  struct Progress {
    std::size_t words = 0;   ///< words consumed
    std::size_t events = 0;  ///< events written
  };
  /// Decodes up to `count` whole words into up to `capacity` (at least 1) events. It stops early
  /// when the output is full; events of a word that did not fit are written first by the next call.
  virtual Progress decode(const std::uint8_t* words, std::size_t count, Event* out,
                          std::size_t capacity) = 0;

  /// Whether some events of the last word have not been written yet.
  virtual bool pending() const = 0;

  /// The camera's current time in microseconds: no later event has an earlier time. -1 before the
  /// first time.
  virtual std::int64_t clock() const = 0;

  const Skipped& skipped() const { return skipped_; }
  virtual void reset() = 0;

 protected:
  Skipped skipped_;
};

std::unique_ptr<EvtDecoder> make_evt_decoder(EvtVersion version, Sensor sensor);

/// Opens a Prophesee .raw recording in EVT 2.0, 2.1 or 3.0: lines that begin with "% ", one of
/// which names the version ("% evt 3.0" or "% format EVT3;..."), then words. `asked` is the sensor
/// if the header names neither a size nor a known camera; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kInput) if the header names no known
/// version. Reading throws Error(kInput), naming the offset, if the file ends within a word.
std::unique_ptr<EventStream> open_evt(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
