#pragma once

#include <cstdint>

#include "staa/data/augment/rows.h"
#include "staa/data/image.h"
#include "staa/data/normalisation.h"
#include "staa/util/random.h"

namespace staa::data {

/// What is done to a training image, in this order. The defaults do nothing: for test images.
struct AugmentOptions {
  std::int64_t crop_padding = 0;  ///< crop at random from an image with so many pixels around
  bool crop_reflect = false;      ///< around it lies its reflection, not black
  bool flip = false;              ///< mirror left and right with probability 1/2
  bool flip_alternate = false;    ///< with flip: in every second epoch instead
  bool autoaugment = false;       ///< the CIFAR-10 policy of autoaugment.h
  double color_jitter = 0;        ///< brightness, contrast and colour by up to this share
  std::int64_t cutout = 0;        ///< blank a square of this edge (DeVries and Taylor, 2017)
};

/// Pads with `padding` pixels on each side, black or, with `reflect`, the image reflected at its
/// outermost pixels, and crops to the old size at a random place.
void random_crop(Image& image, std::int64_t padding, Random& random, bool reflect = false);

/// Mirrors left and right.
void flip(Image& image);

/// Changes brightness, contrast and colour, in an order drawn, each by a factor uniform in
/// [1 - strength, 1 + strength].
void color_jitter(Image& image, double strength, Random& random);

/// Sets `holes` squares of edge `length` to 0, the mean of normalised pixels ([height, width,
/// channels]). A square is centred on a random pixel and may reach over the border.
void cutout(float* pixels, const ImageShape& shape, std::int64_t length, Random& random,
            std::int64_t holes = 1);

/// Turns image bytes into network input: augments, then normalises. Holds no state that changes:
/// one object serves many threads.
class Transform {
 public:
  /// Throws Error(kUsage) if the normalisation does not fit `shape`, if an option is negative, if
  /// the padding exceeds the image or if the shape has other than 1 or 3 channels.
  Transform(const ImageShape& shape, const Normalisation& normalisation,
            const AugmentOptions& options = {});

  const ImageShape& shape() const { return shape_; }
  const AugmentOptions& options() const { return options_; }

  /// Writes shape().bytes() floats, [height, width, channels], to `out`. `image` has this shape and
  /// serves as scratch: its bytes are changed. All randomness comes from `random`.
  void apply(Image& image, Random& random, float* out) const;

  /// Whether bytes are not changed but mirrored. An image that is not bytes yet need not become
  /// them then: what apply() does is to draw, to normalise the rows and to finish.
  bool only_mirrors() const;
  bool draw_mirrored(Random& random) const;
  /// One row of values between 0 and 255.
  void normalise_row(const float* values, float* out) const;
  void finish(Random& random, float* out) const;

 private:
  ImageShape shape_;
  AugmentOptions options_;
  ChannelMap normalise_;
};

}  // namespace staa::data
