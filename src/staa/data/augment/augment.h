#pragma once

#include <cstdint>

#include "staa/data/augment/rows.h"
#include "staa/data/image.h"
#include "staa/data/normalisation.h"
#include "staa/util/random.h"

namespace staa::data {

/// The augmentation of a training image, in this order. The defaults do nothing, as for test
/// images.
struct AugmentOptions {
  std::int64_t crop_padding = 0;  ///< pad by this many pixels, then crop at random
  bool crop_reflect = false;      ///< pad with the reflected image instead of black
  bool flip = false;              ///< mirror left and right with probability 1/2
  bool flip_alternate = false;    ///< with flip: mirror in every second epoch instead
  bool autoaugment = false;       ///< apply the CIFAR-10 policy in autoaugment.h
  double color_jitter = 0;        ///< change brightness, contrast and colour by up to this fraction
  std::int64_t cutout = 0;        ///< blank a square with this edge (DeVries and Taylor, 2017)
};

/// Pads each side with `padding` pixels, which are black or, with `reflect`, the image reflected at
/// its outermost pixels, and crops to the original size at a random position.
void random_crop(Image& image, std::int64_t padding, Random& random, bool reflect = false);

/// Mirrors left and right.
void flip(Image& image);

/// Changes brightness, contrast and colour in random order, each by a factor that is uniform in [1
/// - strength, 1 + strength].
void color_jitter(Image& image, double strength, Random& random);

/// Sets `holes` squares of edge `length` to 0, the mean of normalised pixels ([height, width,
/// channels]). A square is centred on a random pixel and may reach over the border.
void cutout(float* pixels, const ImageShape& shape, std::int64_t length, Random& random,
            std::int64_t holes = 1);

/// Turns image bytes into network input: augments, then normalises. It has no mutable state, so
/// that one object serves many threads.
class Transform {
 public:
  /// Throws Error(kUsage) if the normalisation does not fit `shape`, if an option is negative, if
  /// the padding exceeds the image or if the shape has other than 1 or 3 channels.
  Transform(const ImageShape& shape, const Normalisation& normalisation,
            const AugmentOptions& options = {});

  const ImageShape& shape() const { return shape_; }
  const AugmentOptions& options() const { return options_; }

  /// Writes shape().bytes() floats, [height, width, channels], to `out`. `image` must have this
  /// shape and is used as scratch memory: its bytes change. All random numbers come from `random`.
  void apply(Image& image, Random& random, float* out) const;

  /// Whether the augmentation does no more to the bytes than mirror them. If so, an image need not
  /// be converted to bytes: draw_mirrored(), normalise_row() for each row and finish() replace
  /// apply().
  bool only_mirrors() const;
  bool draw_mirrored(Random& random) const;
  /// Normalises one row of values between 0 and 255.
  void normalise_row(const float* values, float* out) const;
  void finish(Random& random, float* out) const;

 private:
  ImageShape shape_;
  AugmentOptions options_;
  ChannelMap normalise_;
};

}  // namespace staa::data
