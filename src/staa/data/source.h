#pragma once

#include <cstdint>
#include <string>

#include "staa/data/labelled.h"
#include "staa/util/random.h"

namespace staa::data {

/// Extent of one sample as a network reads it: floats stored as [steps, height, width, channels].
struct SampleShape {
  std::int64_t steps = 1;  ///< T of frames; 1: a still image, which the network repeats
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool pixels = true;  ///< false: vectors of `channels` values, whose height and width are 1

  std::int64_t values() const { return steps * channels * height * width; }
  bool operator==(const SampleShape& other) const {
    return steps == other.steps && channels == other.channels && height == other.height &&
           width == other.width && pixels == other.pixels;
  }
};

/// "32x32x3" (height, width, channels) of a still image, "16 frames of 48x48x2", for messages.
std::string describe(const SampleShape& shape);

/// Labelled samples that are ready for a network: decoded, augmented, normalised, or whatever else
/// the kind of data needs. A Loader reads from a Source.
class Source : public Labelled {
 public:
  /// All samples have this shape.
  virtual SampleShape shape() const = 0;

  /// Writes sample `index` to `out`: shape().values() floats as [steps, height, width, channels].
  /// All random numbers come from `random`, so that a sample depends only on its index and on them.
  /// Throws Error(kInput), naming the file, for a sample whose content cannot be read; a Loader can
  /// be told to skip such samples.
  virtual void read(std::int64_t index, Random& random, float* out) const = 0;

  /// The same, and returns the sample's label, for sources that find both at once.
  virtual std::int64_t read_labelled(std::int64_t index, Random& random, float* out) const {
    read(index, random, out);
    return label(index);
  }

  /// A remark for the user about the samples read so far, all of which could be read; "" if there
  /// is none.
  virtual std::string remark() const { return ""; }
};

}  // namespace staa::data
