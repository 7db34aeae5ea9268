#pragma once

#include <cstdint>
#include <filesystem>

#include "staa/events/event.h"

namespace staa::pictures {

/// Draws all events of a stream as one picture (PNG): red where the scene became brighter and blue
/// where it became darker. Of the pixels with events, one in twenty has full brightness. The stream
/// is read to its end and rewound. Throws Error(kUsage) for a sensor of more than
/// data::kMaxImagePixels.
void write_event_picture(events::EventStream& stream, const std::filesystem::path& path);

/// Draws all events of a stream as an animation (GIF), with one picture for every `frame_us`
/// microseconds from the first event on. It plays at the speed of the recording, but shows each
/// picture for at least a hundredth of a second (browsers: at least two hundredths). If an event is
/// so late that its own picture is already finished, it is drawn in the current one. The stream is
/// read to its end and rewound. Returns the number of pictures. Throws Error(kUsage) for more than
/// 2,000 pictures or a sensor of more than data::kMaxImagePixels.
std::int64_t write_event_animation(events::EventStream& stream, const std::filesystem::path& path,
                                   std::int64_t frame_us);

}  // namespace staa::pictures
