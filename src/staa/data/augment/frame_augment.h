#pragma once

#include <cstdint>
#include <vector>

#include "staa/util/random.h"

namespace staa::data {

/// The augmentation of a training sample's frames, the same for all of them. The defaults do
/// nothing.
struct FrameAugmentOptions {
  std::int64_t crop_padding = 0;  ///< shift by up to this many pixels; the border becomes empty
  bool flip = false;              ///< mirror left and right with probability 1/2
  bool geometric = false;         ///< one of roll, rotation, shear and cutout, chosen at random
  std::int64_t cutout = 0;        ///< empty a square with this edge
};

/// The source of each pixel of a frame: the index (y * width + x) of another pixel, or -1 for an
/// empty pixel. Changes of geometry are drawn once per sample and applied to all of its frames.
struct PixelMap {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::int32_t> from;

  /// The identity.
  PixelMap(std::int64_t height, std::int64_t width);
};

/// The following functions change the map as they would change an image.
void flip(PixelMap& map);
/// Moves the content; what leaves on one side enters on the other.
void roll(PixelMap& map, std::int64_t right, std::int64_t down);
/// Moves the content; the pixels that enter are empty.
void shift(PixelMap& map, std::int64_t right, std::int64_t down);
/// Rotates the content counter-clockwise about the centre, to the nearest pixel.
void rotate(PixelMap& map, double degrees);
/// Shifts each row by tan(degrees) of its distance from the centre, to the nearest pixel.
void shear(PixelMap& map, double degrees);
/// Empties a square of `edge` centred on (x, y).
void cut_out(PixelMap& map, std::int64_t x, std::int64_t y, std::int64_t edge);

/// Draws a sample's changes in the order of the options. `geometric` is the neuromorphic data
/// augmentation of Li et al. (2022) at their strength: a roll by up to 5/48 of the frame, a
/// rotation or shear by up to 15 degrees, or a cutout of up to 1/6 of the frame.
PixelMap draw_map(std::int64_t height, std::int64_t width, const FrameAugmentOptions& options,
                  Random& random);

}  // namespace staa::data
