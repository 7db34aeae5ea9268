#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "staa/events/event.h"

namespace staa::events {

/// A rectangle of a sensor, in pixels.
struct Area {
  std::int64_t x = 0;
  std::int64_t y = 0;
  Sensor size;
};

/// The events of `whole` in a rectangle, whose upper left corner becomes (0, 0). Throws
/// Error(kUsage) if the rectangle is empty or not within the sensor.
std::unique_ptr<EventStream> crop(std::unique_ptr<EventStream> whole, const Area& area);

/// The events of `whole` with times in [begin, end).
std::unique_ptr<EventStream> cut_time(std::unique_ptr<EventStream> whole, std::int64_t begin,
                                      std::int64_t end);

/// Finds the pixels that fire more often than `rate_hz` on average over the recording. Returns one
/// byte per pixel, [height, width], which is 1 for such a pixel. Reads the stream to its end and
/// rewinds it.
std::vector<std::uint8_t> find_hot_pixels(EventStream& stream, double rate_hz);

/// The events of `whole` except those of the pixels marked in `hot` (see find_hot_pixels()).
std::unique_ptr<EventStream> without_pixels(std::unique_ptr<EventStream> whole,
                                            std::vector<std::uint8_t> hot);

/// The events of `whole` for which one of the eight neighbouring pixels has fired at most
/// `window_us` earlier. The others are mostly noise of single pixels (Delbruck's background
/// activity filter). Keeps one time per pixel of the sensor.
std::unique_ptr<EventStream> without_background(std::unique_ptr<EventStream> whole,
                                                std::int64_t window_us);

}  // namespace staa::events
