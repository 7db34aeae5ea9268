#pragma once

#include "staa/data/image.h"
#include "staa/data/normalisation.h"
#include "staa/data/source.h"

namespace staa::data {

/// One step of a sample, `frame` [height, width, channels] as a network reads it, as an RGB image a
/// person can look at. One channel is grey, three are RGB; of two, event frames, the first is blue
/// and the second red. `normalisation` is undone; where it is empty the value `brightest` is the
/// brightest. Throws Error(kUsage) for other than one to three channels.
Image frame_image(const float* frame, const SampleShape& shape, const Normalisation& normalisation,
                  float brightest);

/// The largest value of all steps of a sample, its frames `stride` floats apart; 1 where none is
/// above 0.
float brightest_of(const float* sample, const SampleShape& shape, std::int64_t stride);

/// `image` with every pixel `zoom` times as wide and high.
Image enlarged(const Image& image, std::int64_t zoom);

/// Copies all of `tile` into `image`, its upper left corner at (left, top); both are RGB, and it
/// lies inside.
void paste(const Image& tile, Image& image, std::int64_t left, std::int64_t top);

}  // namespace staa::data
