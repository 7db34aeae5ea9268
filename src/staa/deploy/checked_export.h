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

/// The classes that a model predicts for `count` images, evenly spaced in the set. Uses all cores.
std::vector<std::int64_t> classes_of(const runtime::Model& model, const data::Dataset& images,
                                     std::int64_t count);

/// Top-1 accuracy of a model on still images, in percent. Uses all cores.
double accuracy(const runtime::Model& model, const data::Dataset& images);

/// Compares a network with rounded weights with the same network in fp32 on some images.
struct Comparison {
  std::int64_t images = 0;
  double fp32 = 0;        ///< accuracy with fp32 weights, percent
  double rounded = 0;     ///< accuracy with rounded weights, percent
  std::int64_t same = 0;  ///< images for which both predict the same class
};

struct CheckedExport {
  Comparison calibration;  ///< of the chosen rounding
  Comparison test;
  int roundings = 0;  ///< number of roundings tried
};

/// The largest number of calibration images; they are evenly spaced in the set.
constexpr std::int64_t kMostCalibration = 10'000;

/// Like export_model, for weights other than kFp32. With kInt8, up to eight roundings are tried on
/// the `calibration` images. The first one whose accuracy differs from that of fp32 weights by at
/// most half of `points` is chosen, or else the closest one. The `test` images do not influence the
/// choice; the result is measured on them.
///
/// Whether a neuron fires can depend on the smallest difference: rounding to 12 bits changes as
/// many decisions as rounding to 8, and each rounding changes different ones. All roundings are
/// equally good, but on given images one of them may be a tenth or two of a percentage point off.
CheckedExport export_rounded(const models::Network& network, const data::InputDescription& input,
                             WeightType weights, const data::Dataset& calibration,
                             const data::Dataset& test, double points,
                             const std::filesystem::path& path);

}  // namespace staa::deploy
