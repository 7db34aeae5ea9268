#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "staa/events/byte_reader.h"
#include "staa/events/event.h"

namespace staa::events {

/// The contents of a Prophesee file's text header, which has lines "% key value".
struct PropheseeHeader {
  std::string evt;           ///< "2.0", "2.1" or "3.0"; "" if none is named
  bool swapped = false;      ///< EVT 2.1 with the halves of each word swapped
  std::int64_t version = 0;  ///< of a .dat file
  Sensor sensor;             ///< as stated, or that of the named camera; 0x0: neither
};

/// Reads one line, without its "% ", into `header`. Unknown keys are ignored.
void read_prophesee_line(std::string_view line, PropheseeHeader& header);

/// Reads all lines of the header, so that the reader is at the first byte after it. Throws
/// Error(kInput), naming the offset, for a line without an end.
PropheseeHeader read_prophesee_header(ByteReader& reader);

}  // namespace staa::events
