#pragma once

#include <cstdint>
#include <filesystem>

#include "staa/events/event.h"
#include "staa/events/recording.h"

namespace staa::events {

/// What a name's ending stands for when a recording is written: .npz, .bin, .aedat (AEDAT 2.0) or
/// .h5/.hdf5. Throws Error(kUsage) for another one.
Format format_to_write(const std::filesystem::path& path);

struct Written {
  std::uint64_t events = 0;
  std::int64_t time_offset = 0;  ///< that was taken from all times, for formats of short clocks
};

/// Writes all events of a stream from its first one on, in one of the formats above; the file
/// appears whole or not at all. The stream is read once or more and rewound; memory does not grow
/// with it. Where a format's clock does not reach the first event (.bin: 2^23, AEDAT 2.0: 2^32
/// microseconds, and times below 0), times are counted from that one.
///
/// .npz has the arrays t (int64), x, y (uint16) and p (uint8), stored. HDF5 has the group "events"
/// with the same, deflated, its attributes width and height, and ms_to_idx, an index of
/// milliseconds, where times do not fall; t_offset is 0, or the first time where that is below 0 or
/// beyond 2^31.
///
/// Throws Error(kUsage) for events that the format cannot hold, Error(kIo) where the file cannot be
/// written, and the stream's errors.
Written write_recording(EventStream& stream, const std::filesystem::path& path, Format format);

/// The parts of write_recording() of one format each; the stream stands at its first event.
std::uint64_t write_npz(EventStream& stream, const std::filesystem::path& path);
std::uint64_t write_hdf5(EventStream& stream, const std::filesystem::path& path);

}  // namespace staa::events
