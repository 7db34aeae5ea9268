#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a recording kept as NumPy arrays t, x, y and p of equal length in one .npz file, stored or
/// deflated, of any integer, Boolean or floating-point type that holds whole numbers. p is 0 or 1;
/// -1 is read as 0.
///
/// Throws Error(kIo) if the file cannot be read; Error(kInput), naming the file and the array, for
/// a broken or encrypted archive, one of 4 GiB or more, and arrays that are missing, of another
/// rank, order or type, or of unequal length. Reading throws Error(kInput) for a broken stream, a
/// wrong checksum, a number that is not whole or a polarity that is none.
std::unique_ptr<EventStream> open_npz(const std::filesystem::path& path, Sensor sensor);

}  // namespace staa::events
