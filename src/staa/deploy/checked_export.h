#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "staa/data/dataset.h"
#include "staa/data/input.h"
#include "staa/deploy/export.h"
#include "staa/models/network.h"
#include "staa/runtime/runtime.h"

namespace staa::deploy {

/// The class that a model gives each of `count` images, which stand evenly among all of them, on
/// all cores.
std::vector<std::int64_t> classes_of(const runtime::Model& model, const data::Dataset& images,
                                     std::int64_t count);

/// Top-1 accuracy of a model on still images, in percent, on all cores.
double accuracy(const runtime::Model& model, const data::Dataset& images);

/// What a rounded network does on images, beside the same with fp32 weights.
struct Comparison {
  std::int64_t images = 0;
  double fp32 = 0;        ///< accuracy in percent
  double rounded = 0;     ///< the same with rounded weights
  std::int64_t same = 0;  ///< images of which both give the same class
};

struct CheckedExport {
  Comparison calibration;  ///< of the rounding that was taken
  Comparison test;
  int roundings = 0;  ///< how many were tried
};

/// At most so many calibration images are looked at, evenly chosen.
constexpr std::int64_t kMostCalibration = 10'000;

/// As export_model with weights other than kFp32. With kInt8 up to eight roundings are tried: the
/// first whose accuracy on the `calibration` images is within half of `points` of that with fp32
/// weights is taken, or else the one that comes closest. The `test` images have no part in the
/// choice: on them the result is measured.
///
/// Whether a neuron fires hangs on ever so little: a rounding to 12 bits changes as many decisions
/// as one to 8, and which way they fall differs from one rounding to the next. All are as good, but
/// one of them may be a tenth or two of a point off on given images.
CheckedExport export_rounded(const models::Network& network, const data::InputDescription& input,
                             WeightType weights, const data::Dataset& calibration,
                             const data::Dataset& test, double points,
                             const std::filesystem::path& path);

}  // namespace staa::deploy
