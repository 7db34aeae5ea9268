#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "staa/data/dataset.h"
#include "staa/data/image.h"

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

// What every reader of image folders needs.

/// The largest image file that is read.
constexpr std::uint64_t kMaxImageFile = std::uint64_t{1} << 30;

/// False as well where it cannot be told.
bool is_folder(const std::filesystem::path& path);

/// .jpg, .jpeg or .png, in any case.
bool has_image_ending(const std::filesystem::path& path);

/// Whether a file's bytes begin as a JPEG's do.
bool is_jpeg(const std::vector<std::uint8_t>& bytes);

/// Decodes by content: in the wild, a .jpg may hold a PNG. Throws Error(kInput) naming the file.
Image decode_image(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes);

/// ROOT/train and ROOT/test or, where only that is there, ROOT/val. Throws Error(kIo) about one
/// that is missing.
std::pair<std::filesystem::path, std::filesystem::path> find_halves(
    const std::filesystem::path& root);

/// Throws Error(kInput), naming a folder that one half lacks, unless both sorted lists are the
/// same.
void check_same_classes(const std::filesystem::path& train,
                        const std::vector<std::string>& of_train, const std::filesystem::path& test,
                        const std::vector<std::string>& of_test);

}  // namespace staa::data
