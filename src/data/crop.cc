#include "staa/data/crop.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace staa::data {
namespace {

constexpr double kNarrowest = 3.0 / 4.0;
constexpr double kWidest = 4.0 / 3.0;

Box in_the_middle(std::int64_t width, std::int64_t height, std::int64_t w, std::int64_t h) {
  return {(width - w) / 2, (height - h) / 2, w, h};
}

/// Which inputs an output is made of, along one axis: `weights` of those from `first` on.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

/// For `count` outputs that span `extent` inputs from `begin` on, both in inputs of which there are
/// `available`. No tap reaches outside of the span.
std::vector<Taps> triangle_taps(double begin, double extent, std::int64_t count,
                                std::int64_t available) {
  const double step = extent / static_cast<double>(count);
  const double radius = std::max(step, 1.0);
  const auto lowest = std::max<std::int64_t>(static_cast<std::int64_t>(std::floor(begin)), 0);
  const auto highest =
      std::min(static_cast<std::int64_t>(std::ceil(begin + extent)), available) - 1;
  std::vector<Taps> all(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const double centre = begin + (static_cast<double>(i) + 0.5) * step - 0.5;
    auto& taps = all[static_cast<std::size_t>(i)];
    const auto from = static_cast<std::int64_t>(std::floor(centre - radius)) + 1;
    const auto to = static_cast<std::int64_t>(std::ceil(centre + radius)) - 1;
    taps.first = std::clamp(from, lowest, highest);
    double sum = 0;
    for (std::int64_t at = taps.first; at <= std::clamp(to, lowest, highest); ++at) {
      const double weight =
          std::max(1.0 - std::abs(static_cast<double>(at) - centre) / radius, 1e-6);
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (auto& weight : taps.weights) weight = static_cast<float>(weight / sum);
  }
  return all;
}

// Compiled once more for the vectors of newer processors, chosen when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STAA_WIDE_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define STAA_WIDE_VECTORS
#endif

STAA_WIDE_VECTORS
void add_row(float* sum, const std::uint8_t* from, std::size_t count, float weight) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += weight * static_cast<float>(from[i]);
}

/// One row of the result's height, still of the window's width.
void blend_rows(const Image& window, const Taps& taps, std::vector<float>& row) {
  const auto stride = window.shape.width * window.shape.channels;
  std::fill(row.begin(), row.end(), 0.0F);
  const std::uint8_t* from = window.pixels.data() + taps.first * stride;
  for (const float weight : taps.weights) {
    add_row(row.data(), from, static_cast<std::size_t>(stride), weight);
    from += stride;
  }
}

/// Sums four values where a pixel has three or one, so that they fit a vector: `row` goes on for
/// kLanes behind its last pixel.
constexpr std::int64_t kLanes = 4;
void blend_columns(const std::vector<float>& row, const std::vector<Taps>& columns,
                   std::int64_t channels, std::uint8_t* out) {
  for (const auto& taps : columns) {
    float sums[kLanes] = {0.5F, 0.5F, 0.5F, 0.5F};  // to round
    const float* from = row.data() + taps.first * channels;
    for (const float weight : taps.weights) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += weight * from[lane];
      from += channels;
    }
    for (std::int64_t c = 0; c < channels; ++c) {
      *out++ = static_cast<std::uint8_t>(static_cast<int>(std::min(sums[c], 255.0F)));
    }
  }
}

}  // namespace

Box random_resized_crop(std::int64_t width, std::int64_t height, double least_area,
                        Random& random) {
  const auto w = static_cast<double>(width);
  const auto h = static_cast<double>(height);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = w * h * random.uniform(least_area, 1.0);
    const double ratio = std::exp(random.uniform(std::log(kNarrowest), std::log(kWidest)));
    const auto crop_width = std::llround(std::sqrt(area * ratio));
    const auto crop_height = std::llround(std::sqrt(area / ratio));
    if (crop_width < 1 || crop_width > width || crop_height < 1 || crop_height > height) continue;
    const auto left = random.below(width - crop_width + 1);
    const auto top = random.below(height - crop_height + 1);
    return {left, top, crop_width, crop_height};
  }
  const auto widest = std::max<std::int64_t>(std::llround(h * kWidest), 1);
  const auto highest = std::max<std::int64_t>(std::llround(w / kNarrowest), 1);
  return in_the_middle(width, height, std::min(width, widest), std::min(height, highest));
}

Box centre_crop(std::int64_t width, std::int64_t height) {
  const auto edge = std::max<std::int64_t>((std::min(width, height) * 7 + 4) / 8, 1);
  return in_the_middle(width, height, edge, edge);
}

void resize(const Box& box, std::int64_t left, std::int64_t top, std::int64_t denominator,
            const Image& window, Image& out) {
  const double scale = 1.0 / static_cast<double>(denominator);
  const auto at = [&](std::int64_t x) { return static_cast<double>(x) * scale; };
  const auto columns = triangle_taps(at(box.left) - static_cast<double>(left), at(box.width),
                                     out.shape.width, window.shape.width);
  const auto rows = triangle_taps(at(box.top) - static_cast<double>(top), at(box.height),
                                  out.shape.height, window.shape.height);
  out.pixels.resize(static_cast<std::size_t>(out.shape.bytes()));
  std::vector<float> row(
      static_cast<std::size_t>(window.shape.width * window.shape.channels + kLanes));
  std::uint8_t* target = out.pixels.data();
  for (const auto& taps : rows) {
    blend_rows(window, taps, row);
    blend_columns(row, columns, out.shape.channels, target);
    target += out.shape.width * out.shape.channels;
  }
}

}  // namespace staa::data
