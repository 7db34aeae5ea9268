#pragma once

#include <filesystem>

#include "staa/nir/graph.h"

namespace staa::nir {

/// Reads an HDF5 file of NIR. Throws Error(kIo) if the file cannot be read and Error(kInput) naming
/// the file, the node and the dataset for what is damaged, cut off, no NIR, too large for the file
/// that it is said to be in, or not finite.
Node read(const std::filesystem::path& path);

}  // namespace staa::nir
