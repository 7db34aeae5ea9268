#include "staa/events/drop.h"

#include <algorithm>
#include <cmath>

#include "staa/events/recording.h"

namespace staa::events {
namespace {

template <typename Condition>
void erase_if(std::vector<Event>& events, Condition condition) {
  events.erase(std::remove_if(events.begin(), events.end(), condition), events.end());
}

}  // namespace

void drop_by_time(std::vector<Event>& events, double share, Random& random) {
  Extent extent;
  extend(extent, events.data(), events.size());
  const auto length = static_cast<double>(extent.last - extent.first);
  const auto begin = static_cast<double>(extent.first) + random.uniform(0, 1 - share) * length;
  const auto end = begin + share * length;
  erase_if(events, [&](const Event& e) {
    const auto t = static_cast<double>(e.t);
    return t >= begin && t < end;
  });
}

void drop_by_area(std::vector<Event>& events, Sensor sensor, double share, Random& random) {
  const auto width = std::llround(share * static_cast<double>(sensor.width));
  const auto height = std::llround(share * static_cast<double>(sensor.height));
  const auto left = random.below(sensor.width - width + 1);
  const auto top = random.below(sensor.height - height + 1);
  erase_if(events, [&](const Event& e) {
    return e.x >= left && e.x < left + width && e.y >= top && e.y < top + height;
  });
}

void drop_at_random(std::vector<Event>& events, double share, Random& random) {
  erase_if(events, [&](const Event&) { return random.chance(share); });
}

void drop_events(std::vector<Event>& events, Sensor sensor, Random& random) {
  switch (random.below(4)) {
    case 1:
      return drop_by_time(events, random.uniform(0.1, 0.9), random);
    case 2:
      return drop_by_area(events, sensor, random.uniform(0.05, 0.3), random);
    case 3:
      return drop_at_random(events, random.uniform(0.1, 0.9), random);
    default:
      return;
  }
}

}  // namespace staa::events
