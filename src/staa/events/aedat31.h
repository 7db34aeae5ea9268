#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens an AEDAT 3.1 recording: header lines that begin with '#', the first "#!AER-DAT3.1" and the
/// last "#!END-HEADER", then little-endian packets with a 28-byte header and events of one type.
/// Packets of other types than polarity events are skipped, and their events count as special.
/// Polarity events that are marked invalid are skipped if the packet's header says that it contains
/// some.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kInput) for another header. Reading
/// throws Error(kInput), naming the packet's offset, if the numbers in a packet's header contradict
/// each other or the file.
std::unique_ptr<EventStream> open_aedat31(const std::filesystem::path& path, Sensor sensor);

}  // namespace staa::events
