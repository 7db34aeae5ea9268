#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/augment.h"
#include "staa/data/source.h"

namespace staa::data {

/// The names of the images in FOLDER/CLASS/*, in the order of classes and names: a byte a character
/// and four bytes more an image, nothing decoded, nothing opened.
class PhotoIndex {
 public:
  /// Lists all class folders. Hidden files are skipped. Throws Error(kIo) for a folder that cannot
  /// be listed and Error(kInput), naming it, for a file that is no image by its ending (.jpg,
  /// .jpeg, .png), a class without images and a folder without classes.
  explicit PhotoIndex(std::filesystem::path folder);

  std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  const std::vector<std::string>& classes() const { return classes_; }
  std::int64_t label(std::int64_t index) const;
  std::filesystem::path path(std::int64_t index) const;

 private:
  void add_class(const std::filesystem::path& folder);

  std::filesystem::path folder_;
  std::vector<std::string> classes_;
  std::vector<std::int64_t> ends_;    ///< of each class: one past its last image
  std::vector<std::uint32_t> names_;  ///< where each image's name begins in text_
  std::string text_;                  ///< all names, each ended by a 0
};

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

  std::string name_;
  PhotoIndex index_;
  std::vector<std::string> classes_;
  PhotoOptions options_;
  Transform transform_;
};

/// Both halves of a folder of photographs: ROOT/train/CLASS/* and ROOT/val/CLASS/* (or ROOT/test).
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
