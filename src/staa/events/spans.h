#pragma once

#include "staa/events/frames.h"

namespace staa::events {

/// Frames of `span_us` microseconds each, from the first event on: events behind the last frame are
/// left out, and the last frames are empty where the recording is shorter. options.slice_by is not
/// used. Throws as integrate() does, and Error(kUsage) for frames that are longer than any
/// recording.
Frames integrate_spans(EventStream& stream, std::int64_t span_us, const FrameOptions& options);

}  // namespace staa::events
