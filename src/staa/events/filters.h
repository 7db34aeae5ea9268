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
/// Error(kUsage) for a rectangle that is empty or not in the sensor.
std::unique_ptr<EventStream> crop(std::unique_ptr<EventStream> whole, const Area& area);

/// The events of `whole` with times of [begin, end).
std::unique_ptr<EventStream> cut_time(std::unique_ptr<EventStream> whole, std::int64_t begin,
                                      std::int64_t end);

/// The pixels of a recording that fire more often than `rate_hz` over its length, one byte a pixel,
/// [height, width]: 1, left out. Reads the stream to its end and rewinds it.
std::vector<std::uint8_t> find_hot_pixels(EventStream& stream, double rate_hz);

/// The events of `whole` but for those of the pixels marked in `hot`, as find_hot_pixels gives it.
std::unique_ptr<EventStream> without_pixels(std::unique_ptr<EventStream> whole,
                                            std::vector<std::uint8_t> hot);

/// The events of `whole` that one of their eight neighbours has fired shortly before, at most
/// `window_us` earlier: what is left out is mostly noise of single pixels (Delbruck's background
/// activity filter). Holds a time for each pixel of the sensor.
std::unique_ptr<EventStream> without_background(std::unique_ptr<EventStream> whole,
                                                std::int64_t window_us);

}  // namespace staa::events
