#pragma once

#include <cstdint>
#include <filesystem>

#include "staa/events/event.h"
#include "staa/events/recording.h"

namespace staa::events {

/// The format in which a file of this name is written, by its extension: .npz, .bin, .aedat (AEDAT
/// 2.0) or .h5/.hdf5. Throws Error(kUsage) for any other.
Format format_to_write(const std::filesystem::path& path);

struct Written {
  std::uint64_t events = 0;
  std::int64_t time_offset = 0;  ///< subtracted from all times, for formats with short clocks
};

/// Writes all events of a stream, from the first one, in one of the formats above. The file is
/// written atomically. The stream is read one or more times and rewound; the memory needed does not
/// depend on its length. If a format's clock cannot represent the times (.bin: 2^23, AEDAT 2.0:
/// 2^32 microseconds, and negative times), they are counted from the first event.
///
/// .npz has the arrays t (int64), x, y (uint16) and p (uint8), uncompressed. HDF5 has a group
/// "events" with the same arrays, deflated, and the attributes width and height. If times do not
/// decrease, it also has ms_to_idx, an index of milliseconds. t_offset is 0, or the first time if
/// that is negative or above 2^31.
///
/// Throws Error(kUsage) for events that the format cannot represent, Error(kIo) if the file cannot
/// be written, and the stream's errors.
Written write_recording(EventStream& stream, const std::filesystem::path& path, Format format);

/// The functions that write_recording() calls for one format each. The stream must be at its first
/// event.
std::uint64_t write_npz(EventStream& stream, const std::filesystem::path& path);
std::uint64_t write_hdf5(EventStream& stream, const std::filesystem::path& path);

}  // namespace staa::events
