#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens an AEDAT 4 recording: the line "#!AER-DAT4.0", a header that names the streams, then
/// packets, plain or compressed by LZ4 or Zstandard. The events of the first event stream that the
/// header names are read; packets of frames, motion, triggers and of further event streams are
/// skipped, each counted as one special record (those of trigger streams as triggers as well). One
/// packet at a time is held in memory, unpacked up to 128 MiB.
///
/// Throws Error(kIo) if the file cannot be read; Error(kInput) for a broken header and one without
/// an event stream. Reading throws Error(kInput) naming the offset of a packet that is broken or
/// that the file ends in.
std::unique_ptr<EventStream> open_aedat4(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
