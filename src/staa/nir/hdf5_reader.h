#pragma once

#include <filesystem>

#include "staa/nir/graph.h"

namespace staa::nir {

/// Reads like read() (read.h), in this process, which HDF5 may crash if the file is damaged. The
/// caller holds events::hdf5_mutex().
Node read_hdf5(const std::filesystem::path& path);

}  // namespace staa::nir
