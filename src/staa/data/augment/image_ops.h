#pragma once

#include <cstdint>

#include "staa/data/image.h"

namespace staa::data {

/// The operations of AutoAugment on an image of 1 or 3 channels, in place. Each gives the same
/// bytes as its counterpart in the Python Imaging Library (PIL.ImageOps, PIL.ImageEnhance,
/// Image.transform with NEAREST), with which the published policy was found. Pixels from outside
/// the image are black.

// Geometry. Positive values move the content as torchvision's AutoAugment does.

/// out(x, y) = in(x + factor * y, y), about the upper left corner.
void shear_x(Image& image, double factor);
/// out(x, y) = in(x, y + factor * x), about the upper left corner.
void shear_y(Image& image, double factor);
/// Moves the content right by `pixels`.
void translate_x(Image& image, std::int64_t pixels);
/// Moves the content down by `pixels`.
void translate_y(Image& image, std::int64_t pixels);
/// Rotates the content counter-clockwise about the centre.
void rotate(Image& image, double degrees);

// Enhancements: out = base + factor * (in - base), where the base image lacks the quality in
// question. Factor 0 gives the base, 1 gives the image itself, and more than 1 exaggerates.

/// The base is black.
void adjust_brightness(Image& image, double factor);
/// The base is the grey image; the identity for one channel.
void adjust_color(Image& image, double factor);
/// The base is the mean grey value at every pixel.
void adjust_contrast(Image& image, double factor);
/// The base is the image smoothed by the kernel (1 1 1; 1 5 1; 1 1 1) / 13, except at its border.
void adjust_sharpness(Image& image, double factor);

// Values.

/// 255 - v.
void invert(Image& image);
/// Keeps the `bits` highest bits, 0 to 8.
void posterize(Image& image, int bits);
/// Inverts the values at or above `threshold`.
void solarize(Image& image, double threshold);
/// Stretches each channel linearly so that its range is 0 to 255.
void auto_contrast(Image& image);
/// Maps each channel so that its values are spread as evenly as possible.
void equalize(Image& image);

}  // namespace staa::data
