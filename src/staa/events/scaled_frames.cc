#include "staa/events/scaled_frames.h"

#include <algorithm>
#include <limits>

#include "staa/events/overlap.h"
#include "staa/util/error.h"

namespace staa::events {

bool scales_while_reading(Sensor sensor, const FrameOptions& options) {
  constexpr std::int64_t kMostValues = std::int64_t{1} << 22;
  const bool smaller = !(options.size == Sensor{}) && !(options.size == sensor);
  return smaller && options.steps > kMostValues / (sensor.width * sensor.height * 2);
}

ScaledIntegrator::ScaledIntegrator(Sensor sensor, const FrameOptions& options, const Extent& extent)
    : shape_(frame_shape(sensor, options)),
      slice_by_(options.slice_by),
      extent_(extent),
      length_(slice_by_ == SliceBy::kCount ? extent.count
                                           : static_cast<std::uint64_t>(extent.last) -
                                                 static_cast<std::uint64_t>(extent.first) + 1),
      across_(parts_of(sensor.width, shape_.width)),
      down_(parts_of(sensor.height, shape_.height)),
      slice_stop_(slice_end(0)),
      sums_(shape_.values()) {
  unit_ = static_cast<std::uint32_t>(Overlap(sensor.width, shape_.width).fine *
                                     Overlap(sensor.height, shape_.height).fine);
}

std::vector<ScaledIntegrator::Part> ScaledIntegrator::parts_of(std::int64_t from, std::int64_t to) {
  const Overlap overlap(from, to);
  std::vector<Part> parts(static_cast<std::size_t>(from));
  for (std::size_t pixel = 0; pixel < parts.size(); ++pixel) {
    auto& part = parts[pixel];
    bool first = true;
    overlap.spread(static_cast<std::int64_t>(pixel), [&](std::int64_t target, std::int64_t cells) {
      if (first) part.target = static_cast<std::uint32_t>(target);
      (first ? part.cells : part.more) = static_cast<std::uint32_t>(cells);
      first = false;
    });
  }
  return parts;
}

std::uint64_t ScaledIntegrator::slice_end(std::size_t k) const {
  return share(length_, k + 1, static_cast<std::uint64_t>(shape_.steps));
}

std::size_t ScaledIntegrator::slice_of(const Event& event) {
  const std::uint64_t at =
      slice_by_ == SliceBy::kCount
          ? done_++
          : static_cast<std::uint64_t>(event.t) - static_cast<std::uint64_t>(extent_.first);
  if (at - slice_begin_ >= slice_stop_ - slice_begin_) {
    const auto last = static_cast<std::size_t>(shape_.steps) - 1;
    if (at < slice_begin_) slice_ = 0;  // the clock has jumped back
    while (slice_ < last && at >= slice_end(slice_)) ++slice_;
    slice_begin_ = slice_ == 0 ? 0 : slice_end(slice_ - 1);
    slice_stop_ = slice_end(slice_);
  }
  return slice_;
}

void ScaledIntegrator::add(const Event* events, std::size_t count) {
  const auto row = static_cast<std::size_t>(shape_.width) * 2;
  const auto frame = static_cast<std::size_t>(shape_.height) * row;
  for (std::size_t i = 0; i < count; ++i) {
    const Event& event = events[i];
    const auto slice = slice_of(event);
    const Part& x = across_[event.x];
    const Part& y = down_[event.y];
    auto* upper =
        sums_.data() + slice * frame + y.target * row + std::size_t{x.target} * 2 + event.polarity;
    upper[0] += std::uint64_t{x.cells} * y.cells;
    if (x.more != 0) upper[2] += std::uint64_t{x.more} * y.cells;
    if (y.more == 0) continue;
    auto* lower = upper + row;
    lower[0] += std::uint64_t{x.cells} * y.more;
    if (x.more != 0) lower[2] += std::uint64_t{x.more} * y.more;
  }
}

void ScaledIntegrator::clear() {
  std::fill(sums_.begin(), sums_.end(), 0);
  done_ = 0;
  slice_ = 0;
  slice_begin_ = 0;
  slice_stop_ = slice_end(0);
}

Frames ScaledIntegrator::finish() const {
  Frames frames;
  frames.shape = shape_;
  frames.unit = unit_;
  frames.events = extent_.count;
  frames.values.reserve(sums_.size());
  for (const auto sum : sums_) {
    if (sum > std::numeric_limits<std::uint32_t>::max()) {
      fail(ErrorKind::kInput, "frames: more events at one pixel of frame {} than can be counted",
           frames.values.size() / (sums_.size() / static_cast<std::size_t>(shape_.steps)));
    }
    frames.values.push_back(static_cast<std::uint32_t>(sum));
  }
  return frames;
}

}  // namespace staa::events
