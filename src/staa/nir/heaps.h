#pragma once

#include <filesystem>

namespace staa::nir {

/// Checks the global heaps of an HDF5 file, where it keeps texts of variable length. HDF5 reads an
/// object of a heap by the size that the object claims, beyond the end of the heap if the file is
/// damaged. Throws Error(kInput) with the offset of an object that does not fit into its heap or of
/// a superblock that HDF5 reads wrongly, and Error(kIo) if the file cannot be read.
void check_heaps(const std::filesystem::path& path);

}  // namespace staa::nir
