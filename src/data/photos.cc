#include "staa/data/photos.h"

#include <algorithm>
#include <limits>
#include <map>
#include <sstream>
#include <utility>

#include "staa/data/crop.h"
#include "staa/data/fit_image.h"
#include "staa/data/image_folder.h"
#include "staa/data/jpeg.h"
#include "staa/data/listing.h"
#include "staa/data/missing.h"
#include "staa/data/png.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

/// The folders' names as they stand in the file.
std::vector<std::string> names_of(const std::vector<std::string>& folders, const fs::path& file) {
  std::map<std::string, std::string> names;
  std::istringstream text(read_text_file(file));
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto space = line.find_first_of(" \t");
    if (space != std::string::npos) names[line.substr(0, space)] = line.substr(space + 1);
  }
  std::vector<std::string> found;
  for (const auto& folder : folders) {
    const auto name = names.find(folder);
    if (name == names.end()) {
      fail(ErrorKind::kInput, "{}: expected a line \"{} NAME\" for the class of this folder",
           file.string(), folder);
    }
    found.push_back(name->second);
  }
  return found;
}

}  // namespace

PhotoIndex::PhotoIndex(fs::path folder) : folder_(std::move(folder)) {
  for (const auto& class_folder : list_folder(folder_)) add_class(class_folder);
  if (classes_.empty()) {
    fail(ErrorKind::kInput, "{}: expected folders of images, one a class, found none",
         folder_.string());
  }
  text_.shrink_to_fit();
  names_.shrink_to_fit();
}

void PhotoIndex::add_class(const fs::path& folder) {
  if (!is_folder(folder)) {
    fail(ErrorKind::kInput, "{}: expected folders of images, one a class, found a file",
         folder.string());
  }
  const auto files = list_folder(folder);
  if (files.empty()) fail(ErrorKind::kInput, "{}: expected images, found none", folder.string());
  for (const auto& file : files) {
    if (!has_image_ending(file)) {
      fail(ErrorKind::kInput, "{}: expected only .jpg, .jpeg and .png files here", file.string());
    }
    if (text_.size() > std::numeric_limits<std::uint32_t>::max()) {
      fail(ErrorKind::kInput, "{}: the images' names exceed 4 GiB", folder_.string());
    }
    names_.push_back(static_cast<std::uint32_t>(text_.size()));
    text_ += file.filename().string();
    text_ += '\0';
  }
  classes_.push_back(folder.filename().string());
  ends_.push_back(size());
}

std::int64_t PhotoIndex::label(std::int64_t index) const {
  return std::upper_bound(ends_.begin(), ends_.end(), index) - ends_.begin();
}

fs::path PhotoIndex::path(std::int64_t index) const {
  return folder_ / classes_[static_cast<std::size_t>(label(index))] /
         (text_.data() + names_[static_cast<std::size_t>(index)]);
}

std::int64_t best_denominator(const Box& box, std::int64_t size) {
  for (const std::int64_t denominator : {8, 4, 2}) {
    if (std::min(box.width, box.height) >= size * denominator) return denominator;
  }
  return 1;
}

Photos::Photos(std::string name, PhotoIndex index, std::vector<std::string> classes,
               const PhotoOptions& options, Transform transform)
    : name_(std::move(name)),
      index_(std::move(index)),
      classes_(std::move(classes)),
      options_(options),
      transform_(std::move(transform)) {}

Box Photos::crop(const ImageShape& shape, Random& random) const {
  return options_.random_crop
             ? random_resized_crop(shape.width, shape.height, options_.least_area, random)
             : centre_crop(shape.width, shape.height);
}

void Photos::read(std::int64_t index, Random& random, float* out) const {
  const auto path = index_.path(index);
  const auto bytes = read_file(path, kMaxImageFile);
  Image photo{{3, options_.size, options_.size}, {}};
  if (is_jpeg(bytes)) {
    JpegReader reader(path.string(), bytes.data(), bytes.size());
    const auto box = crop(reader.shape(), random);
    const auto window = reader.read(box, best_denominator(box, options_.size), 3);
    resize(box, window.left, window.top, window.denominator, window.image, photo);
  } else {
    const auto whole = with_channels(decode_image(path, bytes), 3);
    resize(crop(whole.shape, random), 0, 0, 1, whole, photo);
  }
  transform_.apply(photo, random, out);
}

PhotoFolder open_photos(const fs::path& root, const std::string& class_names) {
  const auto [train, test] = find_halves(root);
  PhotoFolder folder{PhotoIndex(train), PhotoIndex(test), {}};
  check_same_classes(train, folder.train.classes(), test, folder.test.classes());
  folder.classes =
      class_names.empty() ? folder.train.classes() : names_of(folder.train.classes(), class_names);
  return folder;
}

}  // namespace staa::data
