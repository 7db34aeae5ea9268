#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/frames.h"

namespace staa::events {

/// Whether to sum events directly to smaller frames, if `options` asks for these. Frames of the
/// sensor's own size are exact and fast to sum, so this is only done if they would take more than
/// about 16 MB.
bool scales_while_reading(Sensor sensor, const FrameOptions& options);

/// Sums events to frames smaller than the sensor without ever storing frames of the sensor's size.
/// An event is divided between the pixels that its own overlaps, exactly as in shrink().
class ScaledIntegrator {
 public:
  /// `extent` describes all events that will be added; they must lie within `sensor`. options.size
  /// must be set.
  ScaledIntegrator(Sensor sensor, const FrameOptions& options, const Extent& extent);

  void add(const Event* events, std::size_t count);

  /// Starts again without events.
  void clear();

  /// Throws Error(kInput) if a sum does not fit into 32 bits.
  Frames finish() const;

 private:
  /// The one or two pixels of a frame that a pixel of the sensor overlaps along one axis.
  struct Part {
    std::uint32_t target = 0;
    std::uint32_t cells = 0;  ///< cells in the first pixel
    std::uint32_t more = 0;   ///< cells in the next pixel; 0: none
  };
  static std::vector<Part> parts_of(std::int64_t from, std::int64_t to);

  std::size_t slice_of(const Event& event);
  std::uint64_t slice_end(std::size_t k) const;

  FrameShape shape_;
  SliceBy slice_by_;
  Extent extent_;
  std::uint64_t length_;  ///< number of events, or microseconds from first to after last
  std::uint32_t unit_ = 1;
  std::vector<Part> across_;
  std::vector<Part> down_;
  std::size_t slice_ = 0;  ///< the current slice
  std::uint64_t slice_begin_ = 0;
  std::uint64_t slice_stop_ = 0;
  std::uint64_t done_ = 0;  ///< number of events so far
  std::vector<std::uint64_t> sums_;
};

}  // namespace staa::events
