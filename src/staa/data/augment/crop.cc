#include "staa/data/augment/crop.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "staa/data/augment/rows.h"

namespace staa::data {
namespace {

constexpr double kNarrowest = 3.0 / 4.0;
constexpr double kWidest = 4.0 / 3.0;

Box in_the_middle(std::int64_t width, std::int64_t height, std::int64_t w, std::int64_t h) {
  return {(width - w) / 2, (height - h) / 2, w, h};
}

/// A filter for `count` outputs that span `extent` inputs from `begin`, where `available` inputs
/// exist. No tap lies outside of the span.
Filter triangle_filter(double begin, double extent, std::int64_t count, std::int64_t available) {
  const double step = extent / static_cast<double>(count);
  const double radius = std::max(step, 1.0);
  const auto lowest = std::max<std::int64_t>(static_cast<std::int64_t>(std::floor(begin)), 0);
  const auto highest =
      std::min(static_cast<std::int64_t>(std::ceil(begin + extent)), available) - 1;
  // A window of this radius contains at most this many integers.
  const auto taps =
      std::min(static_cast<std::int64_t>(std::ceil(2 * radius)), highest - lowest + 1);
  Filter filter;
  filter.taps = static_cast<std::size_t>(taps);
  filter.weights.reserve(static_cast<std::size_t>(count * taps));
  for (std::int64_t i = 0; i < count; ++i) {
    const double centre = begin + (static_cast<double>(i) + 0.5) * step - 0.5;
    const auto from = static_cast<std::int64_t>(std::floor(centre - radius)) + 1;
    const auto first = std::clamp(from, lowest, highest + 1 - taps);
    const auto weight = [&](std::int64_t at) {
      return std::max(1.0 - std::abs(static_cast<double>(at) - centre) / radius, 0.0);
    };
    double sum = 0;
    for (std::int64_t at = first; at < first + taps; ++at) sum += weight(at);
    filter.first.push_back(static_cast<std::size_t>(first));
    for (std::int64_t at = first; at < first + taps; ++at) {
      filter.weights.push_back(static_cast<float>(weight(at) / sum));
    }
  }
  return filter;
}

/// The memory for this many values including what blend_rows writes after them, so that consecutive
/// rows stay aligned.
std::size_t padded(std::size_t values) { return (values + kRowBlock - 1) / kRowBlock * kRowBlock; }

/// The most recently decoded rows, from which a filter computes its outputs.
class LastRows {
 public:
  /// Keeps `used` bytes of each row, starting at byte `skipped`.
  LastRows(const PixelRows& rows, std::size_t skipped, std::size_t used, std::size_t taps)
      : rows_(rows),
        skipped_(skipped),
        used_(used),
        slot_(padded(used)),
        bytes_(hwy::AllocateAligned<std::uint8_t>(taps * slot_)),
        wanted_(taps) {
    std::fill_n(bytes_.get(), taps * slot_, std::uint8_t{0});
  }

  /// The rows from `first`, one per tap. `first` must not decrease. The result is valid until the
  /// next call.
  const std::uint8_t* const* from(std::size_t first) {
    const std::size_t taps = wanted_.size();
    for (; next_ < first + taps; ++next_) {
      const std::uint8_t* row = rows_.next();
      if (next_ >= first) std::copy_n(row + skipped_, used_, bytes_.get() + next_ % taps * slot_);
    }
    for (std::size_t k = 0; k < taps; ++k) {
      wanted_[k] = bytes_.get() + (first + k) % taps * slot_;
    }
    return wanted_.data();
  }

 private:
  const PixelRows& rows_;
  std::size_t skipped_;
  std::size_t used_;
  std::size_t slot_;
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> bytes_;  ///< one slot per tap, used in rotation
  std::vector<const std::uint8_t*> wanted_;
  std::size_t next_ = 0;
};

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

void resize(const Box& box, const PixelRows& window, const ImageShape& shape, bool mirrored,
            const std::function<void(const float* row)>& take) {
  const double scale = 1.0 / static_cast<double>(window.denominator);
  const auto at = [&](std::int64_t x) { return static_cast<double>(x) * scale; };
  auto columns = triangle_filter(at(box.left) - static_cast<double>(window.left), at(box.width),
                                 shape.width, window.shape.width);
  const auto rows = triangle_filter(at(box.top) - static_cast<double>(window.top), at(box.height),
                                    shape.height, window.shape.height);
  const auto channels = static_cast<std::size_t>(shape.channels);

  // Filter the rows first, but only in the columns that are needed: that costs the least time per
  // byte.
  const auto skipped = columns.first.front();
  const auto used = (columns.first.back() + columns.taps - skipped) * channels;
  for (auto& first : columns.first) first -= skipped;
  if (mirrored) columns.reverse();
  columns.spread_weights();
  LastRows last(window, skipped * channels, used, rows.taps);
  const auto row = hwy::AllocateAligned<float>(padded(used));
  std::vector<float> sums(static_cast<std::size_t>(shape.width) * channels + kRowPadding);
  for (std::size_t y = 0; y < rows.first.size(); ++y) {
    blend_rows(last.from(rows.first[y]), rows.weights.data() + y * rows.taps, rows.taps, used,
               row.get());
    blend_columns(row.get(), columns, channels, sums.data());
    take(sums.data());
  }
}

void resize(const Box& box, const PixelRows& window, Image& out) {
  out.pixels.resize(static_cast<std::size_t>(out.shape.bytes()));
  const auto row_bytes = static_cast<std::size_t>(out.shape.width * out.shape.channels);
  std::uint8_t* to = out.pixels.data();
  resize(box, window, out.shape, false, [&](const float* row) {
    round_to_bytes(row, row_bytes, to);
    to += row_bytes;
  });
}

}  // namespace staa::data
