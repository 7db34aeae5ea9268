#pragma once

#include <cstdint>
#include <vector>

#include "staa/data/event_frames.h"
#include "staa/data/image.h"

namespace staa::data {

/// A picture of samples, a row each, their frames from left to right: on white, red for events of
/// polarity 1 (brighter), blue for polarity 0, the stronger the more. The strongest colour is that
/// of the 99th percentile of the row's values which are not 0. Pixels are enlarged by a whole
/// factor until a frame is 64 or more high.
Image event_sheet(const EventFrames& frames, const std::vector<std::int64_t>& samples);

}  // namespace staa::data
