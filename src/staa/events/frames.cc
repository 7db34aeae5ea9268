#include "staa/events/frames.h"

#include <algorithm>
#include <limits>

#include "staa/events/overlap.h"
#include "staa/events/scaled_frames.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

/// Adds a row of the sensor to a row of the frame, with each value multiplied by `cells`.
void shrink_row(const std::uint32_t* row, std::int64_t width, const Overlap& across,
                std::int64_t cells, std::uint64_t* out) {
  for (std::int64_t x = 0; x < width; ++x) {
    for (std::int64_t p = 0; p < 2; ++p) {
      const std::uint64_t count = row[2 * x + p];
      if (count == 0) continue;
      across.spread(x, [&](std::int64_t target, std::int64_t part) {
        out[2 * target + p] += count * static_cast<std::uint64_t>(part * cells);
      });
    }
  }
}

Frames finish(FrameIntegrator& integrator, Sensor sensor, const FrameOptions& options,
              std::uint64_t events) {
  const auto shape = frame_shape(sensor, options);
  const FrameShape whole{shape.steps, sensor.height, sensor.width};
  Frames frames;
  if (shape == whole) {
    frames.shape = shape;
    frames.values = std::move(integrator.values());
  } else {
    frames = shrink(integrator.values(), whole, {shape.width, shape.height});
  }
  frames.events = events;
  return frames;
}

template <typename Integrator>
void add_all(EventStream& stream, Integrator& integrator) {
  std::vector<Event> chunk(kChunkEvents);
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    integrator.add(chunk.data(), count);
  }
}

}  // namespace

FrameShape frame_shape(Sensor sensor, const FrameOptions& options) {
  const auto& size = options.size;
  if (options.steps < 1) {
    fail(ErrorKind::kUsage, "frames: expected at least 1 time step, found {}", options.steps);
  }
  if (size == Sensor{}) return {options.steps, sensor.height, sensor.width};
  if (size.width < 1 || size.height < 1 || size.width > sensor.width ||
      size.height > sensor.height) {
    fail(ErrorKind::kUsage, "frames of {}x{} pixels: expected 1x1 to the sensor's {}x{}",
         size.height, size.width, sensor.height, sensor.width);
  }
  return {options.steps, size.height, size.width};
}

FrameIntegrator::FrameIntegrator(Sensor sensor, std::int64_t steps, SliceBy slice_by,
                                 const Extent& extent)
    : steps_(steps),
      slice_by_(slice_by),
      row_(static_cast<std::size_t>(sensor.width)),
      frame_(static_cast<std::size_t>(sensor.width * sensor.height * 2)),
      first_(extent.first),
      length_(slice_by == SliceBy::kCount ? extent.count
                                          : static_cast<std::uint64_t>(extent.last) -
                                                static_cast<std::uint64_t>(extent.first) + 1),
      values_(frame_ * static_cast<std::size_t>(steps)) {}

std::uint64_t FrameIntegrator::slice_end(std::int64_t k) const {
  return share(length_, static_cast<std::uint64_t>(k) + 1, static_cast<std::uint64_t>(steps_));
}

void FrameIntegrator::add(const Event* events, std::size_t count) {
  if (slice_by_ == SliceBy::kCount) {
    add_by_count(events, count);
  } else {
    add_by_time(events, count);
  }
}

void FrameIntegrator::add_by_count(const Event* events, std::size_t count) {
  while (count > 0) {
    while (slice_ + 1 < steps_ && done_ >= slice_end(slice_)) ++slice_;
    const auto room = slice_ + 1 < steps_ ? slice_end(slice_) - done_ : count;
    const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(room, count));
    std::uint32_t* frame = values_.data() + static_cast<std::size_t>(slice_) * frame_;
    for (std::size_t i = 0; i < run; ++i) {
      const Event& e = events[i];
      ++frame[(e.y * row_ + e.x) * 2 + e.polarity];
    }
    events += run;
    count -= run;
    done_ += run;
  }
}

void FrameIntegrator::add_by_time(const Event* events, std::size_t count) {
  std::uint64_t begin = slice_ == 0 ? 0 : slice_end(slice_ - 1);
  std::uint64_t width = slice_end(slice_) - begin;
  for (std::size_t i = 0; i < count; ++i) {
    const Event& e = events[i];
    const std::uint64_t t = static_cast<std::uint64_t>(e.t) - static_cast<std::uint64_t>(first_);
    if (t - begin >= width) {  // usually the next slice, unless the clock jumps
      if (t < begin) slice_ = 0;
      while (slice_ + 1 < steps_ && t >= slice_end(slice_)) ++slice_;
      begin = slice_ == 0 ? 0 : slice_end(slice_ - 1);
      width = slice_end(slice_) - begin;
    }
    ++values_[static_cast<std::size_t>(slice_) * frame_ + (e.y * row_ + e.x) * 2 + e.polarity];
  }
  done_ += count;
}

Frames shrink(const std::vector<std::uint32_t>& values, const FrameShape& shape, Sensor size) {
  const Overlap across(shape.width, size.width);
  const Overlap down(shape.height, size.height);
  Frames frames;
  frames.shape = {shape.steps, size.height, size.width};
  frames.unit = static_cast<std::uint32_t>(across.fine * down.fine);
  frames.values.reserve(frames.shape.values());
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(size.height * size.width * 2));
  for (std::int64_t t = 0; t < shape.steps; ++t) {
    std::fill(sums.begin(), sums.end(), 0);
    for (std::int64_t y = 0; y < shape.height; ++y) {
      const auto* row = values.data() + (t * shape.height + y) * shape.width * 2;
      down.spread(y, [&](std::int64_t target, std::int64_t cells) {
        shrink_row(row, shape.width, across, cells, sums.data() + target * size.width * 2);
      });
    }
    for (const auto sum : sums) {
      if (sum > std::numeric_limits<std::uint32_t>::max()) {
        fail(ErrorKind::kInput, "frames: more events at one pixel of frame {} than can be counted",
             t);
      }
      frames.values.push_back(static_cast<std::uint32_t>(sum));
    }
  }
  return frames;
}

Frames integrate(EventStream& stream, const FrameOptions& options) {
  (void)frame_shape(stream.sensor(), options);  // refuses invalid options before reading
  const auto extent = measure(stream);
  stream.rewind();
  Frames frames;
  if (scales_while_reading(stream.sensor(), options)) {
    ScaledIntegrator integrator(stream.sensor(), options, extent);
    add_all(stream, integrator);
    frames = integrator.finish();
  } else {
    FrameIntegrator integrator(stream.sensor(), options.steps, options.slice_by, extent);
    add_all(stream, integrator);
    frames = finish(integrator, stream.sensor(), options, extent.count);
  }
  frames.skipped = stream.skipped();
  return frames;
}

Frames integrate(const std::vector<Event>& events, Sensor sensor, const FrameOptions& options) {
  (void)frame_shape(sensor, options);
  Extent extent;
  if (options.slice_by == SliceBy::kCount) {
    extent.count = events.size();  // the times are not used
  } else {
    extend(extent, events.data(), events.size());
  }
  if (scales_while_reading(sensor, options)) {
    ScaledIntegrator integrator(sensor, options, extent);
    integrator.add(events.data(), events.size());
    return integrator.finish();
  }
  FrameIntegrator integrator(sensor, options.steps, options.slice_by, extent);
  integrator.add(events.data(), events.size());
  return finish(integrator, sensor, options, extent.count);
}

}  // namespace staa::events
