#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens an AEDAT 3.1 recording: lines that begin with '#', the first of them "#!AER-DAT3.1" and
/// the last "#!END-HEADER", then packets of a 28-byte header and events of one type, little-endian.
/// Packets other than of polarity events are skipped, their events counted as special; so are
/// polarity events marked invalid in a packet whose header says that it holds some.
///
/// Throws Error(kIo) if the file cannot be read, Error(kInput) for another header. Reading throws
/// Error(kInput) naming the packet's offset for numbers in its header that do not fit one another
/// or the file.
std::unique_ptr<EventStream> open_aedat31(const std::filesystem::path& path, Sensor sensor);

}  // namespace staa::events
