#pragma once

#include "staa/data/image.h"

namespace staa::data {

/// `image`, of 1 or 3 channels, with `channels`: grey in three equal ones, or colours as grey
/// (ITU-R BT.601).
Image with_channels(Image&& image, std::int64_t channels);

/// An image of any size as `shape` asks for: its middle of that shape's proportions, resized by the
/// triangle filter, grey or RGB.
Image fit_image(Image&& image, const ImageShape& shape);

}  // namespace staa::data
