#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace staa::data {

/// The names of the images of one half, in the order of classes and names: a byte a character and
/// four bytes more an image, nothing decoded, nothing opened.
///
/// Hidden files are skipped. Throws Error(kIo) for a folder that cannot be listed and
/// Error(kInput), naming it, for a file that is no image by its ending (.jpg, .jpeg, .png), a class
/// without images and a folder without classes.
class PhotoIndex {
 public:
  /// Lists FOLDER/CLASS/*.
  explicit PhotoIndex(std::filesystem::path folder);

  /// Lists FOLDER/*, whose classes stand in a file of lines "NAME,CLASS ...", the name without its
  /// ending, the line "ImageId,PredictionString" left out: ImageNet's LOC_val_solution.csv. Throws
  /// Error(kInput), naming the line, for a class that is not among `classes` (sorted) and a name
  /// that stands there twice, and for an image without a line and a line without an image.
  PhotoIndex(std::filesystem::path folder, const std::filesystem::path& labels,
             std::vector<std::string> classes);

  std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  const std::vector<std::string>& classes() const { return classes_; }
  std::int64_t label(std::int64_t index) const;
  std::filesystem::path path(std::int64_t index) const;

 private:
  void add_class(const std::filesystem::path& folder);
  void add(const std::string& name);

  std::filesystem::path folder_;
  bool flat_ = false;  ///< no folders of classes
  std::vector<std::string> classes_;
  std::vector<std::int64_t> ends_;    ///< of each class: one past its last image
  std::vector<std::uint32_t> names_;  ///< where each image's name begins in text_
  std::string text_;                  ///< all names, each ended by a 0
};

}  // namespace staa::data
