#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a recording stored as NumPy arrays t, x, y and p of equal length in one .npz file,
/// deflated or not. Their types may be any integer, Boolean or floating-point type that holds whole
/// numbers. p is 0 or 1; -1 is read as 0.
///
/// Throws Error(kIo) if the file cannot be read. Throws Error(kInput), naming the file and the
/// array, for an archive that is broken, encrypted or 4 GiB or larger, and for arrays that are
/// missing, of unequal length, or of another rank, order or type. Reading throws Error(kInput) for
/// a broken stream, a wrong checksum, a number that is not whole or an invalid polarity.
std::unique_ptr<EventStream> open_npz(const std::filesystem::path& path, Sensor sensor);

}  // namespace staa::events
