#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a Prophesee .dat recording, as N-CARS has them: lines that begin with '%', two bytes that
/// tell the type and size of an event, then 8 bytes an event, little-endian: microseconds, and x,
/// y and polarity in bits 0-13, 14-27 and 28 up (files of version 0 and 1: 0-8, 9-16 and 17, and
/// without the two bytes). The clock's 32 bits are followed when they go round. `asked` is the
/// sensor of files whose header does not state it; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read, Error(kInput) for another header or other events.
/// Reading throws Error(kInput) naming the offset if the file ends within an event.
std::unique_ptr<EventStream> open_dat(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
