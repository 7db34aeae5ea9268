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
  bool allow_partial = false;    ///< cifar10, cifar100: accept other than the published counts
  std::int64_t limit_train = 0;  ///< take at most so many training images, balanced; 0: all
  std::int64_t limit_test = 0;   ///< the same for test images
};

/// "cifar10", "cifar100", "mnist", "fashion-mnist", "image-folder", "imagenet".
std::vector<std::string> known_sets();

/// The folder that `options` mean: their path or, without one, as open_dataset says.
std::filesystem::path data_folder(const DataOptions& options);

/// Reads both halves of a data set into memory. Without a path, $STAA_DATA/SET is taken if that
/// variable is set, else the place where the system's package puts the set (fashion-mnist:
/// /usr/share/datasets/fashion-mnist). Throws Error(kUsage) for an unknown set, a missing path or a
/// negative limit; a set which is not there is Error(kIo) that says what was looked for, where, and
/// how to get it; otherwise the errors of its reader.
Splits open_dataset(const DataOptions& options);

}  // namespace staa::data
