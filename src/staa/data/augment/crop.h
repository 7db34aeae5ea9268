#pragma once

#include <cstdint>
#include <functional>

#include "staa/data/image.h"
#include "staa/util/random.h"

namespace staa::data {

/// A random part of an image, as used to train ImageNet networks (Szegedy et al., 2015): its area
/// is uniform in [least_area, 1] of the image's area, and its aspect ratio is log-uniform in [3/4,
/// 4/3]. If ten draws in a row do not fit into the image, the result is the largest central part
/// with an allowed aspect ratio.
Box random_resized_crop(std::int64_t width, std::int64_t height, double least_area, Random& random);

/// The central square with 7/8 of the image's shorter side, which evaluation uses (224 of 256
/// pixels).
Box centre_crop(std::int64_t width, std::int64_t height);

/// Resizes `box`, in pixels of the whole image, to `shape.width` x `shape.height` with a triangle
/// filter that is wide enough to avoid aliasing. Passes the rows to `take` from the top: width x
/// channels floats of 0 to 255. `window` must contain the whole box and have the shape's number of
/// channels. `mirrored` swaps left and right.
void resize(const Box& box, const PixelRows& window, const ImageShape& shape, bool mirrored,
            const std::function<void(const float* row)>& take);

/// The same, rounded to bytes: fills out.pixels.
void resize(const Box& box, const PixelRows& window, Image& out);

}  // namespace staa::data
