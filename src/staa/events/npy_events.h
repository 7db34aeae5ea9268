#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a NumPy file (.npy) with a one-dimensional structured array whose fields are t (or ts,
/// timestamp), x, y and p (or pol, polarity, on), in any order. Their types may be any integer,
/// Boolean or floating-point type that holds whole numbers; other fields are ignored. Times are in
/// microseconds. p is 0 or 1; -1 is read as 0. `asked` is the sensor; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kInput) for another kind of array.
/// Reading throws Error(kInput), naming the offset, for a number that is not whole, an invalid
/// polarity, or a file with fewer items than its header states.
std::unique_ptr<EventStream> open_npy(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
