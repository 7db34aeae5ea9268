#pragma once

#include <filesystem>
#include <memory>

#include "staa/events/event.h"

namespace staa::events {

/// Opens a text recording with one event per line: t x y p, separated by blanks, tabs or commas.
/// Lines that begin with '#' or '%' are skipped, but "%geometry:640,480" states the sensor. The
/// first line may name the columns, such as "x,y,p,t", or hold two numbers, the sensor's width and
/// height. Times are in seconds if that of the first event has a decimal point, else in
/// microseconds. A polarity of -1 is read as 0. `asked` is the sensor if the file states none; 0x0:
/// any.
///
/// Throws Error(kIo) if the file cannot be read. Opening and reading throw Error(kInput), naming
/// the line and offset, for a line that is not an event.
std::unique_ptr<EventStream> open_text(const std::filesystem::path& path, Sensor asked);

}  // namespace staa::events
