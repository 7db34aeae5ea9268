#pragma once

#include <cstdint>
#include <functional>

#include "staa/data/image.h"
#include "staa/util/random.h"

namespace staa::data {

/// A random part of an image, as ImageNet's networks are trained on (Szegedy et al., 2015): its
/// area uniform in [least_area, 1] of the image's, its width to height log-uniform in [3/4, 4/3].
/// Where ten draws do not fit into the image, the largest part in its middle of a shape allowed.
Box random_resized_crop(std::int64_t width, std::int64_t height, double least_area, Random& random);

/// The square in the middle of an image with 7/8 of its shorter side: what evaluation crops (224 of
/// 256 pixels).
Box centre_crop(std::int64_t width, std::int64_t height);

/// Makes `box`, in pixels of the whole image, `shape.width` x `shape.height` by the triangle
/// filter, as wide as it must be for a smaller image not to alias, and hands its rows on from the
/// top: width x channels floats of 0 to 255. `window` holds all of the box; its channels are the
/// shape's. `mirrored` swaps left and right.
void resize(const Box& box, const PixelRows& window, const ImageShape& shape, bool mirrored,
            const std::function<void(const float* row)>& take);

/// The same, rounded to bytes: fills out.pixels.
void resize(const Box& box, const PixelRows& window, Image& out);

}  // namespace staa::data
