#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a recording as text, an event a line: t x y p, parted by blanks, tabs or commas. Lines
/// that begin with '#' or '%' are left out ("%geometry:640,480" states the sensor). The first line
/// may name the columns, as "x,y,p,t"; or have two numbers, the sensor's width and height. Times
/// are seconds where that of the first event has a decimal point, else microseconds. A polarity of
/// -1 is read as 0. `asked` is the sensor where the file states none; 0x0: any.
///
/// Throws Error(kIo) if the file cannot be read. Opening and reading throw Error(kInput) naming the
/// line and offset for what is no event.
std::unique_ptr<EventStream> open_text(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
