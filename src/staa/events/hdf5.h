#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a recording in an HDF5 file: a group with one-dimensional datasets t, x, y and p of equal
/// length (or ts, xs, ys, ps), or a dataset of a compound type with these fields. The group
/// "events" is searched first, then all others by name, such as "prophesee/left" of M3ED; the first
/// match is used. Times are in microseconds, or in seconds if they are floating-point and not
/// whole. A dataset t_offset in the file is added to them, as in DSEC. p is 0 or 1; -1 is read as
/// 0. The sensor comes from the attributes "width" and "height" of the group or the file, or from
/// calib/resolution in the group, or else is `asked`; 0x0: any.
///
/// Events before `begin` may be skipped: if the file has an index of milliseconds (ms_to_idx,
/// ms_map_idx), reading starts close to it.
///
/// The HDF5 library is used by one thread at a time. Throws Error(kIo) if the file cannot be read.
/// Throws Error(kInput) for a file that is not HDF5 or has no events, for datasets that do not
/// match, and, naming it, for a compression without a plug-in (Blosc, ECF). Reading throws
/// Error(kInput), naming the event, for data that cannot be read.
std::unique_ptr<EventStream> open_hdf5(
    const std::filesystem::path& path, Sensor asked,
    std::int64_t begin = std::numeric_limits<std::int64_t>::min());

}  // namespace staa::events
