#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// What a conversion has written.
struct ConvertSummary {
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;
  ImageShape shape;
  std::vector<std::string> classes;
};

/// Reads a folder of images (read_image_folder()) and writes it in the binary format of CIFAR-10
/// (write_cifar10()), which loads faster and needs one file per 10,000 images. Throws the errors of
/// both.
ConvertSummary convert_image_folder(const std::filesystem::path& source,
                                    const std::filesystem::path& target);

}  // namespace staa::data
