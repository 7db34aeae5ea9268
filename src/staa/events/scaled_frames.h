#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/frames.h"

namespace staa::events {

/// Whether frames of the sensor's own size, which are exact and fast to sum, would take more than
/// some 16 MB, and smaller ones are asked for: then these are summed at once.
bool scales_while_reading(Sensor sensor, const FrameOptions& options);

/// Sums events to frames smaller than the sensor, without frames of its size: memory is that of the
/// small frames. An event is shared by the pixels that its own overlaps, exactly as by shrink().
class ScaledIntegrator {
 public:
  /// `extent` is that of all events to come; they lie within `sensor`. options.size is set.
  ScaledIntegrator(Sensor sensor, const FrameOptions& options, const Extent& extent);

  void add(const Event* events, std::size_t count);

  /// Begins again without events.
  void clear();

  /// Throws Error(kInput) for a sum that 32 bits do not hold.
  Frames finish() const;

 private:
  /// The one or two pixels of a frame that a pixel of the sensor overlaps along a line.
  struct Part {
    std::uint32_t target = 0;
    std::uint32_t cells = 0;  ///< of the first one
    std::uint32_t more = 0;   ///< of the one behind it; 0: none
  };
  static std::vector<Part> parts_of(std::int64_t from, std::int64_t to);

  std::size_t slice_of(const Event& event);
  std::uint64_t slice_end(std::size_t k) const;

  FrameShape shape_;
  SliceBy slice_by_;
  Extent extent_;
  std::uint64_t length_;  ///< events, or microseconds from the first to behind the last
  std::uint32_t unit_ = 1;
  std::vector<Part> across_;
  std::vector<Part> down_;
  std::size_t slice_ = 0;  ///< the one under way
  std::uint64_t slice_begin_ = 0;
  std::uint64_t slice_stop_ = 0;
  std::uint64_t done_ = 0;  ///< events
  std::vector<std::uint64_t> sums_;
};

}  // namespace staa::events
