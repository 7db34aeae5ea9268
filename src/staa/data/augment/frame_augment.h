#pragma once

#include <cstdint>
#include <vector>

#include "staa/util/random.h"

namespace staa::data {

/// What is done to the frames of a training sample, the same to all of them. The defaults do
/// nothing.
struct FrameAugmentOptions {
  std::int64_t crop_padding = 0;  ///< shift by up to so many pixels, what comes in is empty
  bool flip = false;              ///< mirror left and right with probability 1/2
  bool geometric = false;         ///< one of roll, rotation, shear and cutout, at random
  std::int64_t cutout = 0;        ///< empty a square of this edge
};

/// Where each pixel of a frame comes from: the index (y * width + x) of another pixel, or -1 for an
/// empty one. A change of geometry is made once a sample and followed by all its frames.
struct PixelMap {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::int32_t> from;

  /// The one that changes nothing.
  PixelMap(std::int64_t height, std::int64_t width);
};

/// Each changes what a map gives as it would change an image.
void flip(PixelMap& map);
/// Moves the content; what leaves at one side comes in at the other.
void roll(PixelMap& map, std::int64_t right, std::int64_t down);
/// Moves the content; what comes in is empty.
void shift(PixelMap& map, std::int64_t right, std::int64_t down);
/// Turns the content counter-clockwise about the centre, to the nearest pixel.
void rotate(PixelMap& map, double degrees);
/// Shifts each row by tan(degrees) of its distance from the centre, to the nearest pixel.
void shear(PixelMap& map, double degrees);
/// Empties a square of `edge` centred on (x, y).
void cut_out(PixelMap& map, std::int64_t x, std::int64_t y, std::int64_t edge);

/// Draws a sample's changes in the order of the options. `geometric` is the neuromorphic data
/// augmentation of Li and others (2022) at their strength: a roll by up to 5/48 of the frame, a
/// rotation or a shear of up to 15 degrees, or a cutout of up to 1/6 of the frame.
PixelMap draw_map(std::int64_t height, std::int64_t width, const FrameAugmentOptions& options,
                  Random& random);

}  // namespace staa::data
