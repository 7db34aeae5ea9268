#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a NumPy file (.npy) with one structured array of one dimension whose fields are t (or ts,
/// timestamp), x, y and p (or pol, polarity, on), of any integer, Boolean or floating-point type
/// that holds whole numbers, in any order; other fields are passed over. Times are microseconds. p
/// is 0 or 1; -1 is read as 0. `asked` is the sensor; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read, Error(kInput) for another kind of array. Reading
/// throws Error(kInput) naming the offset for a number that is not whole, a polarity that is none,
/// and a file of fewer items than its header says.
std::unique_ptr<EventStream> open_npy(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
