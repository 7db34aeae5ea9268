#include "staa/data/sets/photo_index.h"

#include <algorithm>
#include <limits>
#include <map>
#include <sstream>
#include <utility>

#include "staa/data/sets/image_folder.h"
#include "staa/data/sets/listing.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

void check_ending(const fs::path& file) {
  if (has_image_ending(file)) return;
  fail(ErrorKind::kInput, "{}: expected only .jpg, .jpeg and .png files here", file.string());
}

/// Reads the labels by name from a file of lines "NAME,CLASS ...".
std::map<std::string, std::size_t> read_labels(const fs::path& file,
                                               const std::vector<std::string>& classes) {
  std::map<std::string, std::size_t> label_of;
  std::istringstream text(read_text_file(file));
  std::int64_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const auto comma = line.find(',');
    const auto name = line.substr(0, comma);
    if (line.empty() || name == "ImageId") continue;
    const auto rest = comma == std::string::npos ? "" : line.substr(comma + 1);
    const auto class_name = rest.substr(0, rest.find_first_of(" ,\r"));
    const auto found = std::lower_bound(classes.begin(), classes.end(), class_name);
    if (found == classes.end() || *found != class_name) {
      fail(ErrorKind::kInput,
           "{}: line {}: expected \"NAME,CLASS\" with a class of training, found "
           "\"{}\"",
           file.string(), number, line);
    }
    if (!label_of.emplace(name, found - classes.begin()).second) {
      fail(ErrorKind::kInput, "{}: line {}: {} is there twice", file.string(), number, name);
    }
  }
  return label_of;
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
    check_ending(file);
    add(file.filename().string());
  }
  classes_.push_back(folder.filename().string());
  ends_.push_back(size());
}

void PhotoIndex::add(const std::string& name) {
  if (text_.size() > std::numeric_limits<std::uint32_t>::max()) {
    fail(ErrorKind::kInput, "{}: the images' names exceed 4 GiB", folder_.string());
  }
  names_.push_back(static_cast<std::uint32_t>(text_.size()));
  text_ += name;
  text_ += '\0';
}

PhotoIndex::PhotoIndex(fs::path folder, const fs::path& labels, std::vector<std::string> classes)
    : folder_(std::move(folder)), flat_(true), classes_(std::move(classes)) {
  auto label_of = read_labels(labels, classes_);
  std::vector<std::vector<std::string>> names(classes_.size());
  for (const auto& file : list_folder(folder_)) {
    check_ending(file);
    const auto found = label_of.find(file.stem().string());
    if (found == label_of.end()) {
      fail(ErrorKind::kInput, "{}: expected a line \"{},CLASS\" for the image of this name",
           labels.string(), file.stem().string());
    }
    names[found->second].push_back(file.filename().string());
    label_of.erase(found);
  }
  if (!label_of.empty()) {
    fail(ErrorKind::kInput, "{}: expected an image {} as {} has it, found none ({} are missing)",
         folder_.string(), label_of.begin()->first, labels.string(), label_of.size());
  }
  for (std::size_t label = 0; label < classes_.size(); ++label) {
    if (names[label].empty()) {
      fail(ErrorKind::kInput, "{}: expected images of class {}, found none", labels.string(),
           classes_[label]);
    }
    for (const auto& name : names[label]) add(name);
    ends_.push_back(size());
  }
}

std::int64_t PhotoIndex::label(std::int64_t index) const {
  return std::upper_bound(ends_.begin(), ends_.end(), index) - ends_.begin();
}

fs::path PhotoIndex::path(std::int64_t index) const {
  const char* name = text_.data() + names_[static_cast<std::size_t>(index)];
  return flat_ ? folder_ / name : folder_ / classes_[static_cast<std::size_t>(label(index))] / name;
}

}  // namespace staa::data
