#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace staa::data {

/// The names of the images of one half, in the order of classes and names. It needs one byte per
/// character and four more per image; no image is opened or decoded.
///
/// Hidden files are skipped. Throws Error(kIo) for a folder that cannot be listed. Throws
/// Error(kInput), naming it, for a file without an image's extension (.jpg, .jpeg, .png), for a
/// class without images, and for a folder without classes.
class PhotoIndex {
 public:
  /// Lists FOLDER/CLASS/*.
  explicit PhotoIndex(std::filesystem::path folder);

  /// Lists FOLDER/*, whose classes are in the file `labels`: one line "NAME,CLASS ..." per image,
  /// with the name without its extension; a line "ImageId,PredictionString" is ignored. ImageNet's
  /// LOC_val_solution.csv has this format. Throws Error(kInput), naming the line, for a class that
  /// is not in `classes` (sorted) and for a repeated name. Also throws Error(kInput) for an image
  /// without a line and for a line without an image.
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
  bool flat_ = false;  ///< no class folders
  std::vector<std::string> classes_;
  std::vector<std::int64_t> ends_;    ///< for each class, one past its last image
  std::vector<std::uint32_t> names_;  ///< where the name of each image begins in text_
  std::string text_;                  ///< all names, each followed by a 0
};

}  // namespace staa::data
