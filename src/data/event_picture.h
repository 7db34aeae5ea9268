#pragma once

#include <cstdint>
#include <filesystem>

#include "staa/events/event.h"

namespace staa::data {

/// Draws all events of a stream in one picture (PNG), red where it became brighter and blue where
/// darker; one pixel in twenty is of full brightness. The stream is read to its end and
/// rewound. Throws Error(kUsage) for more than kMaxImagePixels.
void write_event_picture(events::EventStream& stream, const std::filesystem::path& path);

/// Draws them as an animation (GIF), a picture for each `frame_us` microseconds from the first
/// event on, played as fast as it happened, a hundredth of a second a picture at least (browsers
/// show no less than two). Events that are earlier than their picture are drawn in it. Returns the
/// number of pictures. Throws Error(kUsage) for more than 2,000.
std::int64_t write_event_animation(events::EventStream& stream, const std::filesystem::path& path,
                                   std::int64_t frame_us);

}  // namespace staa::data
