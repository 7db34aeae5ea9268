#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// Which data set to open, and how much of it.
struct DataOptions {
  std::string set;               ///< one of known_sets()
  std::string path;              ///< its folder; "": see open_dataset
  bool allow_partial = false;    ///< cifar10, cifar100: accept counts other than the published ones
  std::int64_t limit_train = 0;  ///< use at most this many training images, balanced; 0: all
  std::int64_t limit_test = 0;   ///< the same for test images
};

/// "cifar10", "cifar100", "mnist", "fashion-mnist", "image-folder", "imagenet".
std::vector<std::string> known_sets();

/// The folder of the data set: the path in `options` or the default that open_dataset() describes.
std::filesystem::path data_folder(const DataOptions& options);

/// Reads both halves of a data set into memory. Without a path, the folder is $STAA_DATA/SET if
/// that variable is set, and otherwise the place where the system's package installs the set
/// (fashion-mnist: /usr/share/datasets/fashion-mnist). Throws Error(kUsage) for an unknown set, a
/// missing path or a negative limit. Throws Error(kIo) if the set is missing, saying what was
/// looked for, where, and how to get it. Also throws the errors of the set's reader.
Splits open_dataset(const DataOptions& options);

}  // namespace staa::data
