#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/augment/augment.h"
#include "staa/data/image.h"
#include "staa/data/sets/photo_index.h"
#include "staa/data/source.h"

namespace staa::data {

/// How photographs are brought to one size.
struct PhotoOptions {
  std::int64_t size = 224;   ///< height and width of the result
  bool random_crop = false;  ///< a random part of random size; else the centre (centre_crop)
  double least_area = 0.08;  ///< smallest area of a random part, relative to the image's
};

/// The scale at which to decode an image is 1 / the result: the smallest scale that leaves at least
/// size x size pixels in `box`.
std::int64_t best_denominator(const Box& box, std::int64_t size);

/// Photographs of many sizes, which are decoded on demand; no pixels are kept.
class Photos : public Source {
 public:
  /// `transform` is for size x size images of 3 channels.
  Photos(std::string name, PhotoIndex index, std::vector<std::string> classes,
         const PhotoOptions& options, Transform transform);

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return index_.size(); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override { return index_.label(index); }
  SampleShape shape() const override { return {1, 3, options_.size, options_.size}; }
  /// Throws Error(kInput), naming the file, if it is not a complete JPEG or PNG.
  void read(std::int64_t index, Random& random, float* out) const override;

 private:
  Box crop(const ImageShape& shape, Random& random) const;
  /// Writes the sample for a part of a photograph. `photo` is scratch memory for its bytes.
  void write(const Box& box, const PixelRows& window, Image& photo, Random& random,
             float* out) const;

  std::string name_;
  PhotoIndex index_;
  std::vector<std::string> classes_;
  PhotoOptions options_;
  Transform transform_;
};

/// Both halves of a folder of photographs: ROOT/train/CLASS/*, and ROOT/val/CLASS/* or
/// ROOT/test/CLASS/*. ImageNet's published layout is accepted too, with ROOT/val/* and
/// ROOT/LOC_val_solution.csv.
struct PhotoFolder {
  PhotoIndex train;
  PhotoIndex test;
  std::vector<std::string> classes;  ///< readable names, in label order
};

/// Lists both halves. `class_names` is a file with one line "FOLDER NAME" per class, like
/// ImageNet's LOC_synset_mapping.txt; if it is "", the names are those of the folders. Throws
/// Error(kIo) if a folder is missing, Error(kInput) if the halves' classes differ or the file lacks
/// one, and the errors of PhotoIndex.
PhotoFolder open_photos(const std::filesystem::path& root, const std::string& class_names = "");

}  // namespace staa::data
