#pragma once

#include <string>

#include "staa/format/model_file.h"
#include "staa/nir/graph.h"

namespace staa::nir {

/// A model file of version 1 as a graph of NIR: convolutions with BatchNorm folded in, LIF, average
/// pools, and the head as a pool over all pixels and an Affine. import_graph gives the constants
/// back to the bit. What NIR has no place for stands in the metadata: dt, steps, classes, and the
/// means and deviations by which images are normalised. Thresholds are the next smaller floats, as
/// NIR's neurons fire above theirs and those here at it.
///
/// Throws Error(kUsage) that begins with `source` and names each node that has no counterpart.
Node from_model(const format::ModelFile& file, const std::string& source);

}  // namespace staa::nir
