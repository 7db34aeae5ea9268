#include "staa/events/spans.h"

#include <algorithm>

#include "staa/events/scaled_frames.h"
#include "staa/util/error.h"

namespace staa::events {

Frames integrate_spans(EventStream& stream, std::int64_t span_us, const FrameOptions& options) {
  constexpr std::int64_t kMostLength = std::int64_t{1} << 60;
  if (span_us < 1 || options.steps > kMostLength / span_us) {
    fail(ErrorKind::kUsage, "frames: {} of {} us are longer than any recording", options.steps,
         span_us);
  }
  auto spans = options;
  spans.slice_by = SliceBy::kTime;
  const auto shape = frame_shape(stream.sensor(), spans);
  const auto whole = measure(stream);
  stream.rewind();
  const Extent extent{whole.count, whole.first, whole.first + span_us * options.steps - 1};
  const auto add = [&](auto& integrator) {
    std::vector<Event> chunk(kChunkEvents);
    while (const auto count = stream.read(chunk.data(), chunk.size())) {
      const auto end =
          std::remove_if(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count),
                         [&](const Event& e) { return e.t > extent.last; });
      const auto kept = static_cast<std::size_t>(end - chunk.begin());
      if (kept > 0) integrator.add(chunk.data(), kept);
    }
  };
  Frames frames;
  if (scales_while_reading(stream.sensor(), spans)) {
    ScaledIntegrator integrator(stream.sensor(), spans, extent);
    add(integrator);
    frames = integrator.finish();
  } else {
    FrameIntegrator integrator(stream.sensor(), spans.steps, spans.slice_by, extent);
    add(integrator);
    const FrameShape all{spans.steps, stream.sensor().height, stream.sensor().width};
    if (shape == all) {
      frames.shape = shape;
      frames.values = std::move(integrator.values());
    } else {
      frames = shrink(integrator.values(), all, {shape.width, shape.height});
    }
  }
  frames.events = whole.count;
  frames.skipped = stream.skipped();
  return frames;
}

}  // namespace staa::events
