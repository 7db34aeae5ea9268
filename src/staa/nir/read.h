#pragma once

#include <filesystem>

#include "staa/nir/graph.h"

namespace staa::nir {

/// Reads an HDF5 file of NIR. Throws Error(kIo) if the file cannot be read, and Error(kInput)
/// naming the file, the node and the dataset if it is damaged, truncated, not NIR, or not finite,
/// or if it claims more data than a file of its size can hold.
///
/// HDF5 1.10 crashes on some damaged files, so files are read in a child process (fork).
Node read(const std::filesystem::path& path);

}  // namespace staa::nir
