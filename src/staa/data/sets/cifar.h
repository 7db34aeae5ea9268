#pragma once

#include <filesystem>

#include "staa/data/dataset.h"

namespace staa::data {

/// Reads CIFAR-10 in its binary format from `folder` or its subfolder cifar-10-batches-bin:
/// data_batch_1.bin to data_batch_5.bin and test_batch.bin with 10,000 records each, and
/// batches.meta.txt with the class names (if it is absent, the ten known names are used). A record
/// is a label byte and three planes (red, green, blue) of 32x32 bytes.
///
/// A set that write_cifar10() made may have other counts, shapes and classes. They are in its
/// staa.meta.txt, and the set is checked against that file.
///
/// Everything is checked before the sets are returned. Throws Error(kIo) for missing files. Throws
/// Error(kInput), naming the file and the offset, for a broken record, an unexpected count, a gap
/// in the numbers of the batches, or a label out of range. With `allow_partial` files may be absent
/// or hold fewer or more records; a split without files is then an empty set.
Splits read_cifar10(const std::filesystem::path& folder, bool allow_partial = false);

/// Reads CIFAR-100 with its 100 fine labels from `folder` or its subfolder cifar-100-binary:
/// train.bin (50,000 records), test.bin (10,000) and fine_label_names.txt (if it is absent, the
/// names are "0" to "99"). A record is a coarse label byte, a fine label byte and three planes of
/// 32x32 bytes. Errors and `allow_partial` are as in read_cifar10().
Splits read_cifar100(const std::filesystem::path& folder, bool allow_partial = false);

/// Writes both sets to `folder` (created if needed) in the binary format of CIFAR-10:
/// data_batch_N.bin with at most 10,000 images each, test_batch.bin, batches.meta.txt, and
/// staa.meta.txt with the shape and counts. Each file is written atomically. Throws Error(kUsage)
/// if the folder already holds such a set. Throws Error(kInput) if the two sets differ in classes
/// or shape, have more than 256 classes, or have a class name that does not fit on one line.
void write_cifar10(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);

}  // namespace staa::data
