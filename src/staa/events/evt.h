#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Whose words a Prophesee camera writes.
enum class EvtVersion {
  k2,          ///< EVT 2.0: 32 bits, one event
  k21,         ///< EVT 2.1: 64 bits, up to 32 events of one row
  k21Swapped,  ///< the same with the upper half of a word first ("endianness=legacy")
  k3,          ///< EVT 3.0: 16 bits; rows, columns and times as they change
};

/// Decodes the words of a Prophesee camera as they come, little-endian, from a file or a live
/// stream. The clock is followed when it goes round. Triggers are counted as special; so are the
/// camera's own messages. Events before the first time and words of reserved types are invalid.
class EvtDecoder {
 public:
  virtual ~EvtDecoder() = default;

  virtual std::size_t word_bytes() const = 0;

  struct Progress {
    std::size_t words = 0;   ///< that need not be handed in again
    std::size_t events = 0;  ///< that were written
  };
  /// Decodes up to `count` whole words into up to `capacity` (at least 1) events. Stops early where
  /// the room is full; the events of a word that did not fit come first the next time.
  virtual Progress decode(const std::uint8_t* words, std::size_t count, Event* out,
                          std::size_t capacity) = 0;

  /// Whether events of the last word are still to come.
  virtual bool pending() const = 0;

  /// The camera's time now, in microseconds: no later event has an earlier one; -1 before the
  /// first.
  virtual std::int64_t clock() const = 0;

  const Skipped& skipped() const { return skipped_; }
  virtual void reset() = 0;

 protected:
  Skipped skipped_;
};

std::unique_ptr<EvtDecoder> make_evt_decoder(EvtVersion version, Sensor sensor);

/// Opens a Prophesee .raw recording in EVT 2.0, 2.1 or 3.0: lines that begin with "% ", one of
/// which names the version ("% evt 3.0" or "% format EVT3;..."), then words. `asked` is the sensor
/// of files whose header names neither its size nor a known camera; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read, Error(kInput) for a header that names no version
/// that is known. Reading throws Error(kInput) naming the offset if the file ends within a word.
std::unique_ptr<EventStream> open_evt(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
