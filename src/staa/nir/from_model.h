#pragma once

#include <string>

#include "staa/format/model_file.h"
#include "staa/nir/graph.h"

namespace staa::nir {

/// Converts a model file of version 1 to a NIR graph: convolutions with BatchNorm folded in, LIF,
/// average pools, and the head as a pool over all pixels and an Affine. import_graph restores the
/// constants exactly. The metadata holds what NIR has no place for: dt, steps, classes, and the
/// means and deviations that normalise images. Thresholds become the next smaller floats, because
/// NIR's neurons fire above the threshold and staa's also at it.
///
/// Throws Error(kUsage) that begins with `source` and names each node without a counterpart in NIR.
Node from_model(const format::ModelFile& file, const std::string& source);

}  // namespace staa::nir
