#include "staa/data/sets/image_folder.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "staa/data/codecs/jpeg.h"
#include "staa/data/codecs/png.h"
#include "staa/data/image.h"
#include "staa/data/sets/image_set.h"
#include "staa/data/sets/listing.h"
#include "staa/data/sets/missing.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/parallel.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

/// The files of one half in order, with their labels.
struct Listing {
  std::vector<std::string> classes;
  std::vector<fs::path> files;
  std::vector<std::int64_t> labels;
};

Listing list_split(const fs::path& folder) {
  Listing listing;
  for (const auto& class_folder : list_folder(folder)) {
    if (!is_folder(class_folder)) {
      fail(ErrorKind::kInput, "{}: expected folders of images, one a class, found a file",
           class_folder.string());
    }
    const auto files = list_folder(class_folder);
    if (files.empty()) {
      fail(ErrorKind::kInput, "{}: expected images, found none", class_folder.string());
    }
    for (const auto& file : files) {
      if (!has_image_ending(file) || is_folder(file)) {
        fail(ErrorKind::kInput, "{}: expected only .jpg, .jpeg and .png files here", file.string());
      }
      listing.files.push_back(file);
      listing.labels.push_back(static_cast<std::int64_t>(listing.classes.size()));
    }
    listing.classes.push_back(class_folder.filename().string());
  }
  if (listing.classes.empty()) {
    fail(ErrorKind::kInput, "{}: expected folders of images, one a class, found none",
         folder.string());
  }
  return listing;
}

std::shared_ptr<const Dataset> read_split(const std::string& name, Listing listing,
                                          const fs::path& first_file, std::int64_t threads) {
  const auto shape = decode_image(first_file, read_file(first_file, kMaxImageFile)).shape;
  std::vector<std::uint8_t> pixels(listing.files.size() * static_cast<std::size_t>(shape.bytes()));
  for_each_index(static_cast<std::int64_t>(listing.files.size()), threads, [&](std::int64_t i) {
    const auto& file = listing.files[static_cast<std::size_t>(i)];
    const auto image = decode_image(file, read_file(file, kMaxImageFile));
    if (!(image.shape == shape)) {
      fail(ErrorKind::kInput,
           "{}: expected an image of {} (height, width, channels) as {}, found {}", file.string(),
           describe(shape), first_file.string(), describe(image.shape));
    }
    std::copy(image.pixels.begin(), image.pixels.end(), pixels.begin() + i * shape.bytes());
  });
  return std::make_shared<ImageSet>(name, shape, std::move(listing.classes), std::move(pixels),
                                    std::move(listing.labels));
}

}  // namespace

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool has_image_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

bool is_jpeg(const std::vector<std::uint8_t>& bytes) {
  return bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0xd8;
}

Image decode_image(const fs::path& path, const std::vector<std::uint8_t>& bytes) {
  if (is_jpeg(bytes)) return decode_jpeg(path.string(), bytes.data(), bytes.size());
  constexpr std::uint8_t kPng[] = {0x89, 'P', 'N', 'G'};
  if (bytes.size() >= 4 && std::equal(std::begin(kPng), std::end(kPng), bytes.begin())) {
    return decode_png(path.string(), bytes.data(), bytes.size());
  }
  fail(ErrorKind::kInput, "{}: expected a JPEG or PNG image, found neither", path.string());
}

std::pair<fs::path, fs::path> find_halves(const fs::path& root) {
  const auto train = root / "train";
  const auto test =
      is_folder(root / "test") || !is_folder(root / "val") ? root / "test" : root / "val";
  for (const auto& folder : {train, test}) {
    if (!is_folder(folder)) {
      fail_missing(root, folder.filename().string() + "/", kHowToArrangeImages);
    }
  }
  return {train, test};
}

void check_same_classes(const fs::path& train, const std::vector<std::string>& of_train,
                        const fs::path& test, const std::vector<std::string>& of_test) {
  std::vector<std::string> missing;
  std::set_symmetric_difference(of_train.begin(), of_train.end(), of_test.begin(), of_test.end(),
                                std::back_inserter(missing));
  if (missing.empty()) return;
  const bool in_train = std::binary_search(of_train.begin(), of_train.end(), missing.front());
  fail(ErrorKind::kInput, "{}: expected the same classes as in {}, found no folder {}",
       (in_train ? test : train).string(), (in_train ? train : test).string(), missing.front());
}

Splits read_image_folder(const fs::path& root, std::int64_t threads) {
  const auto [train, test] = find_halves(root);
  auto of_train = list_split(train);
  auto of_test = list_split(test);
  check_same_classes(train, of_train.classes, test, of_test.classes);

  if (threads < 1) threads = std::max(1U, std::thread::hardware_concurrency());
  const auto name = fmt::format("image-folder ({})", root.string());
  const auto first_file = of_train.files.front();
  return {read_split(name, std::move(of_train), first_file, threads),
          read_split(name, std::move(of_test), first_file, threads)};
}

}  // namespace staa::data
