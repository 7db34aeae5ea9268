#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/random.h"

namespace staa::events {

/// Drops the events in a time span of `share` (0 to 1) of the recording's length, at a random place
/// within the recording.
void drop_by_time(std::vector<Event>& events, double share, Random& random);

/// Drops the events in a random rectangle with `share` (0 to 1) of the sensor's width and height.
void drop_by_area(std::vector<Event>& events, Sensor sensor, double share, Random& random);

/// Drops each event with probability `share`.
void drop_at_random(std::vector<Event>& events, double share, Random& random);

/// EventDrop (Gu et al., 2021): with equal probability does nothing or calls one of the functions
/// above with a random share: 0.1 to 0.9 of the time or of the events, 0.05 to 0.3 of width and
/// height.
void drop_events(std::vector<Event>& events, Sensor sensor, Random& random);

}  // namespace staa::events
