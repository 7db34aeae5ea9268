#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "staa/events/byte_reader.h"
#include "staa/events/event.h"

namespace staa::events {

/// What the text before the events of a Prophesee file says: lines "% key value".
struct PropheseeHeader {
  std::string evt;           ///< "2.0", "2.1" or "3.0"; "": it names none
  bool swapped = false;      ///< EVT 2.1 with the two halves of a word exchanged
  std::int64_t version = 0;  ///< of a .dat file
  Sensor sensor;             ///< as it is stated, or that of the camera it names; 0x0: neither
};

/// Takes up the words of one line, without its "% ". Unknown keys are left alone.
void read_prophesee_line(std::string_view line, PropheseeHeader& header);

/// Reads all lines of the header, so that the reader stands at the first byte behind it. Throws
/// Error(kInput) naming the offset of a line without an end.
PropheseeHeader read_prophesee_header(ByteReader& reader);

}  // namespace staa::events
