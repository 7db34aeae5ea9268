#pragma once

#include <cstdint>
#include <filesystem>

#include "staa/data/dataset.h"

namespace staa::data {

/// Reads ROOT/train/CLASS/*.{jpg,jpeg,png} and ROOT/test/CLASS/* (or ROOT/val/CLASS/*). Classes and
/// files are in the order of their names; every image is decoded once, by `threads` threads (0: one
/// a core), and kept as bytes.
///
/// Hidden files are skipped. Throws Error(kIo) if a folder is missing and Error(kInput), naming the
/// first file concerned, for one that is no image (by its ending or its content), that cannot be
/// decoded, or that has another size or number of channels than the first image of the training
/// set; and for classes which are empty or are not the same in both halves.
Splits read_image_folder(const std::filesystem::path& root, std::int64_t threads = 0);

}  // namespace staa::data
