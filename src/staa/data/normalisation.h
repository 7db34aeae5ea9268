#pragma once

#include <cstdint>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// A mean and a standard deviation per channel, for values scaled to [0, 1]: out = (byte / 255 -
/// mean) / stddev.
struct Normalisation {
  std::vector<float> mean;
  std::vector<float> stddev;
};

/// The mean and standard deviation of each channel over all pixels of `dataset`, which should be
/// the training set. They are computed from exact integer sums and are the same on every machine. A
/// constant channel gets the standard deviation 1. Throws Error(kInput) for an empty data set.
Normalisation compute_normalisation(const Dataset& dataset);

/// Throws Error(kUsage) unless there are `channels` finite means and positive finite deviations.
void check_normalisation(const Normalisation& normalisation, std::int64_t channels);

}  // namespace staa::data
