#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a recording in an HDF5 file: a group with the datasets t, x, y and p of one dimension and
/// equal length (also xs, ys, ts, ps), or a dataset of a compound type with these fields. The group
/// "events" is looked at first, then all others by name, as "prophesee/left" of M3ED; the first one
/// that has them is taken. Times are microseconds, or seconds where they are of a floating-point
/// type and not whole; a dataset t_offset in the file is added to them, as DSEC means it. p is 0 or
/// 1; -1 is read as 0. The sensor is what the attributes "width" and "height" of the group or the
/// file say, or calib/resolution in the group; else `asked`; 0x0: any.
///
/// Events before `begin` may be left out: where the file has an index of milliseconds (ms_to_idx,
/// ms_map_idx), reading begins near it.
///
/// Reads through the HDF5 library, one thread at a time. Throws Error(kIo) if the file cannot be
/// read; Error(kInput) for a file that is none of HDF5's or without events, for datasets that do
/// not fit one another, and for a compression that the library has no plug-in for (Blosc, ECF),
/// naming it. Reading throws Error(kInput) naming the event for what cannot be read.
std::unique_ptr<EventStream> open_hdf5(
    const std::filesystem::path& path, Sensor asked,
    std::int64_t begin = std::numeric_limits<std::int64_t>::min());

}  // namespace staa::events
