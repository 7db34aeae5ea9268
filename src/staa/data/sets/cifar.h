#pragma once

#include <filesystem>

#include "staa/data/dataset.h"

namespace staa::data {

/// Reads CIFAR-10 in its binary form from `folder` or from its sub-folder cifar-10-batches-bin:
/// data_batch_1.bin to data_batch_5.bin and test_batch.bin of 10,000 records each, and
/// batches.meta.txt with the class names (the ten known ones without it). A record is a label byte
/// and three planes (red, green, blue) of 32x32 bytes.
///
/// A set which write_cifar10 made may have other counts, shapes and classes: it says so in
/// staa.meta.txt, against which it is checked instead.
///
/// Everything is checked before the sets are returned. Throws Error(kIo) for missing files and
/// Error(kInput), naming the file and the offset, for a broken record, a count that is not the
/// expected one, a gap in the numbers of the batches and a label out of range. With `allow_partial`
/// files may be absent or hold fewer or more records; a split without files is then an empty set.
Splits read_cifar10(const std::filesystem::path& folder, bool allow_partial = false);

/// Reads CIFAR-100 with its 100 fine labels from `folder` or its sub-folder cifar-100-binary:
/// train.bin (50,000 records), test.bin (10,000) and fine_label_names.txt ("0" to "99" without it).
/// A record is a coarse label byte, a fine label byte and three planes of 32x32 bytes. Errors and
/// `allow_partial` as in read_cifar10.
Splits read_cifar100(const std::filesystem::path& folder, bool allow_partial = false);

/// Writes both sets in the binary form of CIFAR-10 to `folder` (made if needed): data_batch_N.bin
/// of at most 10,000 images, test_batch.bin, batches.meta.txt, and staa.meta.txt with the shape and
/// counts. Each file appears whole or not at all. Throws Error(kUsage) if the folder already holds
/// such a set, and Error(kInput) if the two sets differ in classes or shape, have more than 256
/// classes, or have a class name that cannot stand on a line of its own.
void write_cifar10(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);

}  // namespace staa::data
