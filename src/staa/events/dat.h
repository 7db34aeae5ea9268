#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a Prophesee .dat recording, the format of N-CARS: lines that begin with '%', two bytes
/// with the type and size of an event, then 8 bytes per event, little-endian. They hold
/// microseconds, and x, y and polarity in bits 0-13, 14-27 and from 28 (in files of version 0 and
/// 1: bits 0-8, 9-16 and 17, and the two bytes are absent). Overflows of the 32-bit clock are
/// tracked. `asked` is the sensor if the header states none; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kInput) for another header or other
/// events. Reading throws Error(kInput), naming the offset, if the file ends within an event.
std::unique_ptr<EventStream> open_dat(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
