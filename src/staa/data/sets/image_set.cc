#include "staa/data/sets/image_set.h"

#include <algorithm>
#include <utility>

#include "staa/data/image.h"
#include "staa/util/error.h"

namespace staa::data {

ImageSet::ImageSet(std::string name, ImageShape shape, std::vector<std::string> classes,
                   std::vector<std::uint8_t> pixels, std::vector<std::int64_t> labels)
    : name_(std::move(name)),
      shape_(shape),
      classes_(std::move(classes)),
      pixels_(std::move(pixels)),
      labels_(std::move(labels)) {
  check_image_extent(name_, shape_.width, shape_.height);
  if (shape_.channels != 1 && shape_.channels != 3) {
    fail(ErrorKind::kInput, "{}: expected images of 1 or 3 channels, found {}", name_,
         shape_.channels);
  }
  if (classes_.empty()) fail(ErrorKind::kInput, "{}: expected at least one class", name_);
  const auto expected =
      static_cast<std::uint64_t>(size()) * static_cast<std::uint64_t>(shape_.bytes());
  if (pixels_.size() != expected) {
    fail(ErrorKind::kInput, "{}: expected {} bytes for {} images of {}, found {}", name_, expected,
         size(), describe(shape_), pixels_.size());
  }
  const auto classes_count = static_cast<std::int64_t>(classes_.size());
  for (std::int64_t i = 0; i < size(); ++i) {
    if (label(i) < 0 || label(i) >= classes_count) {
      fail(ErrorKind::kInput, "{}: image {}: label {} is out of range: expected 0 to {}", name_, i,
           label(i), classes_count - 1);
    }
  }
}

void ImageSet::read(std::int64_t index, std::uint8_t* out) const {
  const std::uint8_t* begin = pixels_.data() + index * shape_.bytes();
  std::copy(begin, begin + shape_.bytes(), out);
}

}  // namespace staa::data
