#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens an AEDAT 4 recording: the line "#!AER-DAT4.0", a header that lists the streams, then
/// packets, which may be compressed by LZ4 or Zstandard. The events of the first event stream in
/// the header are read. Packets of frames, motion, triggers and other event streams are skipped,
/// and each counts as one special record; those of trigger streams also count as triggers. One
/// packet at a time is kept in memory, with an unpacked size of up to 128 MiB.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kInput) for a broken header or one
/// without an event stream. Reading throws Error(kInput), naming the offset, for a broken or
/// truncated packet.
std::unique_ptr<EventStream> open_aedat4(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
