#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/augment/augment.h"
#include "staa/data/dataset.h"
#include "staa/data/source.h"

namespace staa::data {

/// The shape of a sample that is a still image of this shape.
SampleShape sample_shape(const ImageShape& shape);

/// Still images of one shape, augmented and normalised by a Transform.
class AugmentedImages : public Source {
 public:
  /// Throws Error(kUsage) if the transform is for images of another shape.
  AugmentedImages(std::shared_ptr<const Dataset> images, Transform transform);

  const std::string& name() const override { return images_->name(); }
  std::int64_t size() const override { return images_->size(); }
  const std::vector<std::string>& classes() const override { return images_->classes(); }
  std::int64_t label(std::int64_t index) const override { return images_->label(index); }
  SampleShape shape() const override { return sample_shape(images_->shape()); }
  void read(std::int64_t index, Random& random, float* out) const override;

 private:
  std::shared_ptr<const Dataset> images_;
  Transform transform_;
};

}  // namespace staa::data
