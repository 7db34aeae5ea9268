#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/recording.h"

namespace staa::events {

/// Where one frame ends and the next begins.
enum class SliceBy {
  kCount,  ///< frame k holds the events from k N / T on, in the file's order
  kTime,   ///< frame k holds the times from k/T of the recording's length on
};

struct FrameOptions {
  std::int64_t steps = 16;  ///< T, at least 1
  SliceBy slice_by = SliceBy::kCount;
  Sensor size;  ///< of the frames, at most the sensor's; 0x0: the sensor's own
};

/// Extent of a sample's frames, which lie as [steps, height, width, 2]; channel 0 counts events of
/// polarity 0, channel 1 those of polarity 1.
struct FrameShape {
  std::int64_t steps = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::size_t values() const { return static_cast<std::size_t>(steps * height * width * 2); }
};

inline bool operator==(const FrameShape& a, const FrameShape& b) {
  return a.steps == b.steps && a.height == b.height && a.width == b.width;
}

/// Events summed over slices of time. Exact: values are whole, `unit` of them an event, so that
/// frames smaller than the sensor can share an event between the pixels that it falls on.
struct Frames {
  FrameShape shape;
  std::uint32_t unit = 1;
  std::vector<std::uint32_t> values;
  std::uint64_t events = 0;
  Skipped skipped;
};

/// The extent of the frames of a sensor. Throws Error(kUsage) for less than 1 step or a size that
/// is empty or larger than the sensor.
FrameShape frame_shape(Sensor sensor, const FrameOptions& options);

/// Sums the events of one recording, handed over in chunks, to frames of the sensor's own size.
class FrameIntegrator {
 public:
  /// `extent` is that of all events to come; they lie within `sensor`.
  FrameIntegrator(Sensor sensor, std::int64_t steps, SliceBy slice_by, const Extent& extent);

  void add(const Event* events, std::size_t count);

  /// [steps, height, width, 2]
  std::vector<std::uint32_t>& values() { return values_; }

 private:
  void add_by_count(const Event* events, std::size_t count);
  void add_by_time(const Event* events, std::size_t count);
  /// Where slice k ends: an event's number or time. Counted from the first.
  std::uint64_t slice_end(std::int64_t k) const;

  std::int64_t steps_;
  SliceBy slice_by_;
  std::size_t row_;    ///< pixels
  std::size_t frame_;  ///< values
  std::int64_t first_;
  std::uint64_t length_;    ///< events, or microseconds from the first to behind the last
  std::int64_t slice_ = 0;  ///< the one under way
  std::uint64_t done_ = 0;  ///< events
  std::vector<std::uint32_t> values_;
};

/// Makes frames smaller: each pixel of the sensor is spread over the pixels that it overlaps, in
/// proportion. `values` are whole events of `shape`; the sum over a frame grows by the unit alone.
Frames shrink(const std::vector<std::uint32_t>& values, const FrameShape& shape, Sensor size);

/// The frames of a recording, in two passes over it. A recording without events gives frames of 0.
Frames integrate(EventStream& stream, const FrameOptions& options);

/// The same of events in memory.
Frames integrate(const std::vector<Event>& events, Sensor sensor, const FrameOptions& options);

}  // namespace staa::events
