#include "staa/data/augment/augmented_images.h"

#include <utility>

#include "staa/data/image.h"
#include "staa/util/error.h"

namespace staa::data {

SampleShape sample_shape(const ImageShape& shape) {
  return {1, shape.channels, shape.height, shape.width};
}

AugmentedImages::AugmentedImages(std::shared_ptr<const Dataset> images, Transform transform)
    : images_(std::move(images)), transform_(std::move(transform)) {
  if (!(transform_.shape() == images_->shape())) {
    fail(ErrorKind::kUsage, "{}: expected a transform for images of {}, found one for {}",
         images_->name(), data::describe(images_->shape()), data::describe(transform_.shape()));
  }
}

void AugmentedImages::read(std::int64_t index, Random& random, float* out) const {
  Image image{images_->shape(), {}};
  image.pixels.resize(static_cast<std::size_t>(image.shape.bytes()));
  images_->read(index, image.pixels.data());
  transform_.apply(image, random, out);
}

}  // namespace staa::data
