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

/// A part of an image of which `window` holds all pixels.
struct Cut {
  Box box;                ///< in pixels of the whole image
  std::int64_t left = 0;  ///< place of the window, in its own pixels
  std::int64_t top = 0;
  std::int64_t denominator = 1;  ///< the window's pixels are so many of the image's wide
  const Image& window;
};

/// Makes a part of an image `shape.width` x `shape.height` by the triangle filter, as wide as it
/// must be for a smaller image not to alias, and hands its rows on from the top: width x channels
/// floats of 0 to 255. `mirrored` swaps left and right. The channels are the window's.
void resize(const Cut& cut, const ImageShape& shape, bool mirrored,
            const std::function<void(const float* row)>& take);

/// The same, rounded to bytes: fills out.pixels.
void resize(const Cut& cut, Image& out);

}  // namespace staa::data
