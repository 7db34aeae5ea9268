#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/random.h"

namespace staa::events {

/// Leaves out the events of a span of time: `share` (0 to 1) of the recording's length, beginning
/// at a random time so that the span lies within it.
void drop_by_time(std::vector<Event>& events, double share, Random& random);

/// Leaves out the events in a random rectangle of `share` (0 to 1) of the sensor's width and
/// height.
void drop_by_area(std::vector<Event>& events, Sensor sensor, double share, Random& random);

/// Leaves out each event with probability `share`.
void drop_at_random(std::vector<Event>& events, double share, Random& random);

/// EventDrop (Gu and others, 2021): with equal probability nothing, or one of the above with a
/// random share: 0.1 to 0.9 of the time or of the events, 0.05 to 0.3 of width and height.
void drop_events(std::vector<Event>& events, Sensor sensor, Random& random);

}  // namespace staa::events
