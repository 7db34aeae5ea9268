#pragma once

#include <cstdint>
#include <memory>

#include "staa/data/labelled.h"

namespace staa::data {

/// Extent of one image. Its bytes are stored as [height, width, channels], the order of a
/// channels-last tensor.
struct ImageShape {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::int64_t bytes() const { return channels * height * width; }
  bool operator==(const ImageShape& other) const {
    return channels == other.channels && height == other.height && width == other.width;
  }
};

/// A labelled set of still images that all have the same shape, stored as bytes.
class Dataset : public Labelled {
 public:
  virtual ImageShape shape() const = 0;
  /// Copies sample `index` to `out`, shape().bytes() bytes in [height, width, channels] order.
  virtual void read(std::int64_t index, std::uint8_t* out) const = 0;
};

/// The two halves of a data set. They have the same classes and the same shape, and neither is
/// null.
struct Splits {
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> test;
};

}  // namespace staa::data
