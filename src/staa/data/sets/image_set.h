#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// A data set held in memory as bytes: one vector for all images.
class ImageSet : public Dataset {
 public:
  /// `pixels` holds labels.size() images of shape.bytes() bytes, each [height, width, channels];
  /// there may be no images. Throws Error(kInput) if the shape is empty or does not have 1 or 3
  /// channels, if there is no class, if the number of bytes does not match, or if a label is not
  /// below classes.size().
  ImageSet(std::string name, ImageShape shape, std::vector<std::string> classes,
           std::vector<std::uint8_t> pixels, std::vector<std::int64_t> labels);

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
  ImageShape shape() const override { return shape_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override {
    return labels_[static_cast<std::size_t>(index)];
  }
  void read(std::int64_t index, std::uint8_t* out) const override;

 private:
  std::string name_;
  ImageShape shape_;
  std::vector<std::string> classes_;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::int64_t> labels_;
};

}  // namespace staa::data
