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

/// How photographs are made one size.
struct PhotoOptions {
  std::int64_t size = 224;   ///< height and width of the result
  bool random_crop = false;  ///< a random part of random size; else the middle (centre_crop)
  double least_area = 0.08;  ///< of a random part, of the image's area
};

/// At what fraction of its size an image is decoded: the smallest that leaves no fewer pixels in
/// `box` than the size x size that are wanted of it.
std::int64_t best_denominator(const Box& box, std::int64_t size);

/// Photographs of many sizes, decoded when they are read: no pixels are kept.
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
  /// Throws Error(kInput) naming the file for one that is not a whole JPEG or PNG.
  void read(std::int64_t index, Random& random, float* out) const override;

 private:
  Box crop(const ImageShape& shape, Random& random) const;
  /// The sample that a part of a photograph becomes; `photo` is memory for it as bytes.
  void write(const Box& box, const PixelRows& window, Image& photo, Random& random,
             float* out) const;

  std::string name_;
  PhotoIndex index_;
  std::vector<std::string> classes_;
  PhotoOptions options_;
  Transform transform_;
};

/// Both halves of a folder of photographs: ROOT/train/CLASS/* and ROOT/val/CLASS/* (or ROOT/test),
/// or ROOT/val/* as ImageNet is published, with ROOT/LOC_val_solution.csv.
struct PhotoFolder {
  PhotoIndex train;
  PhotoIndex test;
  std::vector<std::string> classes;  ///< names for people, in label order
};

/// Lists both halves. `class_names` is a file with a line a class, "FOLDER NAME", as ImageNet's
/// LOC_synset_mapping.txt; "": the folders' names. Throws Error(kIo) where a folder is missing, and
/// Error(kInput) where the halves' classes differ or the file lacks one; otherwise as PhotoIndex.
PhotoFolder open_photos(const std::filesystem::path& root, const std::string& class_names = "");

}  // namespace staa::data
