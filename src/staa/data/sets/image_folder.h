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
/// files are sorted by name. Every image is decoded once, by `threads` threads (0: one per core),
/// and kept as bytes.
///
/// Hidden files are skipped. Throws Error(kIo) if a folder is missing. Throws Error(kInput), naming
/// the first such file, for a file that is not an image (by its extension or its content), cannot
/// be decoded, or differs in size or number of channels from the first training image. Also throws
/// Error(kInput) for empty classes, and for classes that differ between the two halves.
Splits read_image_folder(const std::filesystem::path& root, std::int64_t threads = 0);

// The following functions are shared by all readers of image folders.

/// The largest image file that is read.
constexpr std::uint64_t kMaxImageFile = std::uint64_t{1} << 30;

/// Returns false, rather than throwing, if that cannot be determined.
bool is_folder(const std::filesystem::path& path);

/// Whether the extension is .jpg, .jpeg or .png, in upper or lower case.
bool has_image_ending(const std::filesystem::path& path);

/// Whether the first bytes are those of a JPEG file.
bool is_jpeg(const std::vector<std::uint8_t>& bytes);

/// Decodes an image by its content, since some .jpg files hold a PNG. Throws Error(kInput) naming
/// the file.
Image decode_image(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes);

/// Returns ROOT/train and ROOT/test, or ROOT/val if there is no ROOT/test. Throws Error(kIo) if one
/// is missing.
std::pair<std::filesystem::path, std::filesystem::path> find_halves(
    const std::filesystem::path& root);

/// Throws Error(kInput), naming a folder that one half lacks, unless both sorted lists are equal.
void check_same_classes(const std::filesystem::path& train,
                        const std::vector<std::string>& of_train, const std::filesystem::path& test,
                        const std::vector<std::string>& of_test);

}  // namespace staa::data
