#pragma once

#include "staa/data/image.h"

namespace staa::data {

/// Converts `image`, of 1 or 3 channels, to `channels`: grey is copied to three channels, and
/// colours become grey by ITU-R BT.601.
Image with_channels(Image&& image, std::int64_t channels);

/// Converts an image of any size to `shape`: crops the largest central part with the shape's aspect
/// ratio, resizes it with the triangle filter, and converts it to grey or RGB.
Image fit_image(Image&& image, const ImageShape& shape);

}  // namespace staa::data
