#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// Reads a file of images and one of labels in the idx format of MNIST, each gzipped or not:
/// big-endian words 0x00000803, count, height, width and then one byte a pixel; 0x00000801, count
/// and then one byte a label. Throws Error(kIo) if a file cannot be read and Error(kInput), naming
/// the file and the offset, for a wrong magic number, a length that the file does not have, bytes
/// after the end, a broken gzip stream, counts that differ, or a label not below classes.size().
std::shared_ptr<const Dataset> read_idx(const std::filesystem::path& images,
                                        const std::filesystem::path& labels,
                                        std::vector<std::string> classes, std::string name);

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte from `folder`, each with or without ".gz". Ten classes, "0" to "9".
Splits read_mnist(const std::filesystem::path& folder);

/// read_mnist with the names of Fashion-MNIST's ten classes.
Splits read_fashion_mnist(const std::filesystem::path& folder);

}  // namespace staa::data
