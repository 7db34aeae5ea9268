#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// Reads a file of images and a file of labels in the idx format of MNIST; each may be gzipped. The
/// image file has the big-endian words 0x00000803, count, height and width, then one byte per
/// pixel. The label file has 0x00000801 and count, then one byte per label. Throws Error(kIo) if a
/// file cannot be read. Throws Error(kInput), naming the file and the offset, for a wrong magic
/// number, a wrong file length, a broken gzip stream, counts that differ, or a label that is not
/// below classes.size().
std::shared_ptr<const Dataset> read_idx(const std::filesystem::path& images,
                                        const std::filesystem::path& labels,
                                        std::vector<std::string> classes, std::string name);

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte from `folder`, each with or without ".gz". Ten classes, "0" to "9".
Splits read_mnist(const std::filesystem::path& folder);

/// Like read_mnist(), with the names of Fashion-MNIST's ten classes.
Splits read_fashion_mnist(const std::filesystem::path& folder);

}  // namespace staa::data
