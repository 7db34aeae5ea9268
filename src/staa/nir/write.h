#pragma once

#include <cstdint>
#include <vector>

#include "staa/nir/graph.h"

namespace staa::nir {

/// Returns the bytes of an HDF5 file with the graph, as the package nir reads and writes it.
std::vector<std::uint8_t> to_hdf5(const Node& graph);

}  // namespace staa::nir
