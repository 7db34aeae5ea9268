#pragma once

#include "staa/events/frames.h"

namespace staa::events {

/// Makes frames of `span_us` microseconds each, starting at the first event. Events after the last
/// frame are ignored; if the recording is shorter, the last frames are empty. options.slice_by is
/// not used. Throws the errors of integrate(), and Error(kUsage) for frames that are longer than
/// any recording.
Frames integrate_spans(EventStream& stream, std::int64_t span_us, const FrameOptions& options);

}  // namespace staa::events
