#include "staa/data/normalisation.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "staa/util/error.h"

namespace staa::data {

Normalisation compute_normalisation(const Dataset& dataset) {
  if (dataset.size() == 0) {
    fail(ErrorKind::kInput, "{}: no images to compute the mean of", dataset.name());
  }
  const auto shape = dataset.shape();
  const auto channels = static_cast<std::size_t>(shape.channels);
  std::vector<std::uint64_t> sum(channels);
  std::vector<std::uint64_t> squares(channels);
  std::vector<std::uint8_t> image(static_cast<std::size_t>(shape.bytes()));
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    dataset.read(i, image.data());
    for (std::size_t p = 0; p < image.size(); p += channels) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::uint64_t value = image[p + c];
        sum[c] += value;
        squares[c] += value * value;
      }
    }
  }

  const double count = static_cast<double>(dataset.size()) * static_cast<double>(shape.height) *
                       static_cast<double>(shape.width);
  Normalisation result;
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = static_cast<double>(squares[c]) / count - mean * mean;
    // A variance this small is the rounding error of a channel with one value.
    const double stddev = variance > 1e-6 ? std::sqrt(variance) / 255.0 : 1.0;
    result.mean.push_back(static_cast<float>(mean / 255.0));
    result.stddev.push_back(static_cast<float>(stddev));
  }
  return result;
}

void check_normalisation(const Normalisation& normalisation, std::int64_t channels) {
  const auto count = static_cast<std::size_t>(channels);
  if (normalisation.mean.size() != count || normalisation.stddev.size() != count) {
    fail(ErrorKind::kUsage,
         "normalisation: expected {} means and standard deviations, one a channel, found {} and {}",
         channels, normalisation.mean.size(), normalisation.stddev.size());
  }
  for (std::size_t c = 0; c < count; ++c) {
    const float mean = normalisation.mean[c];
    const float stddev = normalisation.stddev[c];
    if (!std::isfinite(mean) || !std::isfinite(stddev) || stddev <= 0) {
      fail(ErrorKind::kUsage,
           "normalisation: channel {}: expected a finite mean and a positive standard deviation, "
           "found {} and {}",
           c, mean, stddev);
    }
  }
}

}  // namespace staa::data
