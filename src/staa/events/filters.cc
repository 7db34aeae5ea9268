#include "staa/events/filters.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "staa/events/recording.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

/// The events of another stream for which `keep` returns true; it may modify them.
template <typename Keep>
class Filter : public EventStream {
 public:
  Filter(std::unique_ptr<EventStream> whole, Sensor sensor, Keep keep)
      : whole_(std::move(whole)), sensor_(sensor), first_(keep), keep_(std::move(keep)) {}

  const std::string& name() const override { return whole_->name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return whole_->skipped(); }

  void rewind() override {
    whole_->rewind();
    keep_.emplace(first_);
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    for (;;) {
      const auto count = whole_->read(out, capacity);
      if (count == 0) return 0;
      std::size_t kept = 0;
      for (std::size_t i = 0; i < count; ++i) {
        Event event = out[i];
        if ((*keep_)(event)) out[kept++] = event;
      }
      if (kept > 0) return kept;
    }
  }

 private:
  std::unique_ptr<EventStream> whole_;
  Sensor sensor_;
  Keep first_;  ///< its state before the first event
  std::optional<Keep> keep_;
};

template <typename Keep>
std::unique_ptr<EventStream> filter(std::unique_ptr<EventStream> whole, Sensor sensor, Keep keep) {
  return std::make_unique<Filter<Keep>>(std::move(whole), sensor, std::move(keep));
}

std::size_t pixels_of(Sensor sensor) {
  return static_cast<std::size_t>(sensor.width * sensor.height);
}

/// Whether a neighbour of an event's pixel has fired shortly before.
class Supported {
 public:
  Supported(Sensor sensor, std::int64_t window)
      : width_(sensor.width + 2), window_(static_cast<std::uint64_t>(window)) {
    // A border of pixels that never fire represents the outside of the sensor.
    const Sensor bordered{sensor.width + 2, sensor.height + 2};
    last_.assign(pixels_of(bordered), std::numeric_limits<std::int64_t>::min());
  }

  bool operator()(const Event& event) {
    const auto at = static_cast<std::size_t>((event.y + 1) * width_ + event.x + 1);
    const auto row = static_cast<std::size_t>(width_);
    const auto latest = [&](std::size_t middle) {
      return std::max(last_[middle - 1], last_[middle + 1]);
    };
    std::int64_t support = std::max(latest(at), std::max(latest(at - row), latest(at + row)));
    support = std::max(support, std::max(last_[at - row], last_[at + row]));
    last_[at] = event.t;
    const auto since = static_cast<std::uint64_t>(event.t) - static_cast<std::uint64_t>(support);
    return support != std::numeric_limits<std::int64_t>::min() && since <= window_;
  }

 private:
  std::int64_t width_;
  std::uint64_t window_;
  std::vector<std::int64_t> last_;  ///< time of the last event of each pixel
};

}  // namespace

std::unique_ptr<EventStream> crop(std::unique_ptr<EventStream> whole, const Area& area) {
  const auto sensor = whole->sensor();
  const bool inside = area.size.width > 0 && area.size.height > 0 && area.x >= 0 && area.y >= 0 &&
                      area.x <= sensor.width - area.size.width &&
                      area.y <= sensor.height - area.size.height;
  if (!inside) {
    fail(ErrorKind::kUsage, "{}: cannot crop {}x{} pixels at ({}, {}) from a sensor of {}x{}",
         whole->name(), area.size.width, area.size.height, area.x, area.y, sensor.width,
         sensor.height);
  }
  return filter(std::move(whole), area.size, [area](Event& event) {
    const auto x = event.x - area.x;
    const auto y = event.y - area.y;
    event.x = static_cast<std::uint16_t>(x);
    event.y = static_cast<std::uint16_t>(y);
    return x >= 0 && y >= 0 && x < area.size.width && y < area.size.height;
  });
}

std::unique_ptr<EventStream> cut_time(std::unique_ptr<EventStream> whole, std::int64_t begin,
                                      std::int64_t end) {
  const auto sensor = whole->sensor();
  return filter(std::move(whole), sensor,
                [begin, end](const Event& event) { return event.t >= begin && event.t < end; });
}

std::vector<std::uint8_t> find_hot_pixels(EventStream& stream, double rate_hz) {
  const auto sensor = stream.sensor();
  std::vector<std::uint32_t> counts(pixels_of(sensor));
  std::vector<Event> chunk(kChunkEvents);
  Extent extent;
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    extend(extent, chunk.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      auto& pixel = counts[static_cast<std::size_t>(chunk[i].y * sensor.width + chunk[i].x)];
      if (pixel < std::numeric_limits<std::uint32_t>::max()) ++pixel;
    }
  }
  stream.rewind();
  const double seconds =
      (static_cast<double>(extent.last) - static_cast<double>(extent.first) + 1) / 1e6;
  std::vector<std::uint8_t> hot(counts.size());
  std::transform(counts.begin(), counts.end(), hot.begin(), [&](std::uint32_t count) {
    return static_cast<std::uint8_t>(static_cast<double>(count) > rate_hz * seconds ? 1 : 0);
  });
  return hot;
}

std::unique_ptr<EventStream> without_pixels(std::unique_ptr<EventStream> whole,
                                            std::vector<std::uint8_t> hot) {
  const auto sensor = whole->sensor();
  if (hot.size() != pixels_of(sensor)) {
    fail(ErrorKind::kUsage, "{}: expected a mark for each of {} pixels, found {}", whole->name(),
         pixels_of(sensor), hot.size());
  }
  const auto marks = std::make_shared<const std::vector<std::uint8_t>>(std::move(hot));
  return filter(std::move(whole), sensor, [marks, sensor](const Event& event) {
    return (*marks)[static_cast<std::size_t>(event.y * sensor.width + event.x)] == 0;
  });
}

std::unique_ptr<EventStream> without_background(std::unique_ptr<EventStream> whole,
                                                std::int64_t window_us) {
  const auto sensor = whole->sensor();
  return filter(std::move(whole), sensor, Supported(sensor, window_us));
}

}  // namespace staa::events
