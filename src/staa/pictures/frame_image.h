#pragma once

#include <cstdint>

#include "staa/data/image.h"
#include "staa/data/normalisation.h"
#include "staa/data/source.h"

namespace staa::pictures {

/// One step of a sample as an RGB image for viewing. `frame` contains what a network reads,
/// [height, width, channels]. One channel is shown in grey and three as RGB. Of two channels (event
/// frames), the first is shown in blue and the second in red. `normalisation` is undone; if it is
/// empty, the value `brightest` gets full brightness. Throws Error(kUsage) unless there are one to
/// three channels.
data::Image frame_image(const float* frame, const data::SampleShape& shape,
                        const data::Normalisation& normalisation, float brightest);

/// The largest value in all steps of a sample, or 1 if no value is above 0. Its frames are `stride`
/// floats apart.
float brightest_of(const float* sample, const data::SampleShape& shape, std::int64_t stride);

/// Enlarges `image` so that every pixel becomes `zoom` times as wide and as high.
data::Image enlarged(const data::Image& image, std::int64_t zoom);

/// Copies `tile` into `image` with its upper left corner at (left, top). Both are RGB, and the tile
/// must lie inside the image.
void paste(const data::Image& tile, data::Image& image, std::int64_t left, std::int64_t top);

}  // namespace staa::pictures
