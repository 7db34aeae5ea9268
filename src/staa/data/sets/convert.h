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

/// Reads a folder of images (read_image_folder) and writes it in the binary form of CIFAR-10
/// (write_cifar10), which loads faster and is one file a 10,000 images. The errors are theirs.
ConvertSummary convert_image_folder(const std::filesystem::path& source,
                                    const std::filesystem::path& target);

}  // namespace staa::data
