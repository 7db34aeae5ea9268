#include "staa/data/sets/photos.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "staa/data/augment/crop.h"
#include "staa/data/augment/fit_image.h"
#include "staa/data/codecs/jpeg.h"
#include "staa/data/codecs/png.h"
#include "staa/data/sets/image_folder.h"
#include "staa/data/sets/listing.h"
#include "staa/data/sets/missing.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

/// Memory that a thread reuses from one photograph to the next. The system maps and clears new
/// memory of this size page by page, which would take a tenth of the decoding time.
struct Scratch {
  std::vector<std::uint8_t> file;
  Image photo;
};

/// The readable names of the folders, from the file.
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

/// Whether a folder holds images and no class folders.
bool is_flat(const fs::path& folder) {
  const auto entries = list_folder(folder);
  return !entries.empty() && !is_folder(entries.front());
}

/// ImageNet's validation images as published, all in one folder.
PhotoIndex open_flat(const fs::path& root, const fs::path& folder,
                     const std::vector<std::string>& classes) {
  const auto labels = root / "LOC_val_solution.csv";
  if (!is_there(labels)) {
    fail(ErrorKind::kInput,
         "{}: expected folders of images, one a class, or {} with a line \"NAME,CLASS\" an image, "
         "the class as the folders in train/ are called",
         folder.string(), labels.string());
  }
  return PhotoIndex(folder, labels, classes);
}

}  // namespace

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
  thread_local Scratch scratch;
  const auto path = index_.path(index);
  read_file(path, scratch.file, kMaxImageFile);
  if (is_jpeg(scratch.file)) {
    JpegReader reader(path.string(), scratch.file.data(), scratch.file.size());
    const auto box = crop(reader.shape(), random);
    write(box, reader.rows(box, best_denominator(box, options_.size), 3), scratch.photo, random,
          out);
    reader.finish();
  } else {
    const auto whole = with_channels(decode_image(path, scratch.file), 3);
    write(crop(whole.shape, random), rows_of(whole), scratch.photo, random, out);
  }
}

void Photos::write(const Box& box, const PixelRows& window, Image& photo, Random& random,
                   float* out) const {
  photo.shape = transform_.shape();
  if (!transform_.only_mirrors()) {
    resize(box, window, photo);
    transform_.apply(photo, random, out);
    return;
  }
  float* row_out = out;
  resize(box, window, photo.shape, transform_.draw_mirrored(random), [&](const float* row) {
    transform_.normalise_row(row, row_out);
    row_out += photo.shape.width * photo.shape.channels;
  });
  transform_.finish(random, out);
}

PhotoFolder open_photos(const fs::path& root, const std::string& class_names) {
  const auto [train, test] = find_halves(root);
  PhotoIndex of_train(train);
  auto of_test = is_flat(test) ? open_flat(root, test, of_train.classes()) : PhotoIndex(test);
  check_same_classes(train, of_train.classes(), test, of_test.classes());
  auto classes =
      class_names.empty() ? of_train.classes() : names_of(of_train.classes(), class_names);
  return {std::move(of_train), std::move(of_test), std::move(classes)};
}

}  // namespace staa::data
