#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/recording.h"

namespace staa::events {

/// How events are divided into frames.
enum class SliceBy {
  kCount,  ///< frame k begins with event k N / T of all N, in file order
  kTime,   ///< frame k begins at k/T of the recording's duration
};

struct FrameOptions {
  std::int64_t steps = 16;  ///< T, at least 1
  SliceBy slice_by = SliceBy::kCount;
  Sensor size;  ///< of the frames, at most the sensor's; 0x0: same as the sensor
};

/// Extent of a sample's frames, stored as [steps, height, width, 2]; channel 0 counts events of
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

/// Events summed over time slices. The sums are exact: values are integers, with `unit` per event,
/// so that in frames smaller than the sensor an event can be divided between pixels.
struct Frames {
  FrameShape shape;
  std::uint32_t unit = 1;
  std::vector<std::uint32_t> values;
  std::uint64_t events = 0;
  Skipped skipped;
};

/// The extent of frames for a sensor. Throws Error(kUsage) for fewer than 1 step, or for a size
/// that is empty or larger than the sensor.
FrameShape frame_shape(Sensor sensor, const FrameOptions& options);

/// Sums the events of one recording, added in chunks, to frames of the sensor's own size.
class FrameIntegrator {
 public:
  /// `extent` describes all events that will be added; they must lie within `sensor`.
  FrameIntegrator(Sensor sensor, std::int64_t steps, SliceBy slice_by, const Extent& extent);

  void add(const Event* events, std::size_t count);

  /// [steps, height, width, 2]
  std::vector<std::uint32_t>& values() { return values_; }

 private:
  void add_by_count(const Event* events, std::size_t count);
  void add_by_time(const Event* events, std::size_t count);
  /// The end of slice k, as an event's number or time, counted from the first.
  std::uint64_t slice_end(std::int64_t k) const;

  std::int64_t steps_;
  SliceBy slice_by_;
  std::size_t row_;    ///< pixels in a row
  std::size_t frame_;  ///< values in a frame
  std::int64_t first_;
  std::uint64_t length_;    ///< number of events, or microseconds from first to after last
  std::int64_t slice_ = 0;  ///< the current slice
  std::uint64_t done_ = 0;  ///< number of events so far
  std::vector<std::uint32_t> values_;
};

/// Reduces the size of frames: each pixel of the sensor is divided between the pixels that it
/// overlaps, in proportion. `values` are whole events of `shape`. The sum over a frame is only
/// multiplied by the unit.
Frames shrink(const std::vector<std::uint32_t>& values, const FrameShape& shape, Sensor size);

/// The frames of a recording, which is read twice. A recording without events gives frames of 0.
Frames integrate(EventStream& stream, const FrameOptions& options);

/// The same for events in memory.
Frames integrate(const std::vector<Event>& events, Sensor sensor, const FrameOptions& options);

}  // namespace staa::events
