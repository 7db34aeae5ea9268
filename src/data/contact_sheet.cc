#include "staa/data/contact_sheet.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "staa/data/glyphs.h"
#include "staa/util/error.h"

namespace staa::data {
namespace {

constexpr std::int64_t kGap = 2;        ///< pixels around a tile
constexpr std::int64_t kSmallest = 64;  ///< smaller images are shown a whole number of times larger

using Rgb = std::array<std::uint8_t, 3>;

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(255.0F * std::clamp(value, 0.0F, 1.0F)));
}

class Sheet {
 public:
  Sheet(const Batch& batch, const SampleShape& shape, const Normalisation& normalisation,
        std::int64_t columns)
      : batch_(batch),
        shape_(shape),
        normalisation_(normalisation),
        zoom_(std::max<std::int64_t>((kSmallest + shape.width - 1) / shape.width, 1)),
        columns_(shape.steps > 1 ? 1 : std::min(columns, std::max<std::int64_t>(batch.size, 1))),
        tile_width_(zoom_ * shape.width + kGap),
        cell_width_(shape.steps * tile_width_ + kGap),
        cell_height_(zoom_ * shape.height + kGlyphHeight + 3 * kGap) {
    const auto rows = std::max<std::int64_t>((batch.size + columns_ - 1) / columns_, 1);
    image.shape = {3, rows * cell_height_ + kGap, columns_ * cell_width_};
    check_image_extent("contact sheet", image.shape.width, image.shape.height);
    image.pixels.assign(static_cast<std::size_t>(image.shape.bytes()), 32);
  }

  void draw(std::int64_t sample, const std::string& name) {
    const auto left = sample % columns_ * cell_width_ + kGap;
    const auto top = sample / columns_ * cell_height_ + kGap;
    const float brightest = brightest_of(sample);
    for (std::int64_t step = 0; step < shape_.steps; ++step) {
      draw_frame(frame(sample, step), brightest, left + step * tile_width_, top);
    }
    draw_text(image, name, left, top + zoom_ * shape_.height + kGap, left + cell_width_ - kGap);
  }

  Image image;

 private:
  /// [height, width, channels] of one step of one sample.
  const float* frame(std::int64_t sample, std::int64_t step) const {
    return batch_.values.data() + (step * batch_.size + sample) * frame_values();
  }
  std::int64_t frame_values() const { return shape_.values() / shape_.steps; }

  float brightest_of(std::int64_t sample) const {
    float most = 0;
    for (std::int64_t step = 0; step < shape_.steps; ++step) {
      const float* values = frame(sample, step);
      most = std::max(most, *std::max_element(values, values + frame_values()));
    }
    return most > 0 ? most : 1;
  }

  Rgb colour(const float* pixel, float brightest) const {
    const auto shown = [&](std::size_t c) {
      if (normalisation_.mean.empty()) return to_byte(pixel[c] / brightest);
      return to_byte(pixel[c] * normalisation_.stddev[c] + normalisation_.mean[c]);
    };
    if (shape_.channels == 1) return {shown(0), shown(0), shown(0)};
    if (shape_.channels == 2) return {shown(1), 0, shown(0)};
    return {shown(0), shown(1), shown(2)};
  }

  void draw_frame(const float* values, float brightest, std::int64_t left, std::int64_t top) {
    for (std::int64_t y = 0; y < zoom_ * shape_.height; ++y) {
      auto* row = image.pixels.data() + ((top + y) * image.shape.width + left) * 3;
      for (std::int64_t x = 0; x < zoom_ * shape_.width; ++x) {
        const auto at = (y / zoom_ * shape_.width + x / zoom_) * shape_.channels;
        const auto rgb = colour(values + at, brightest);
        std::copy(rgb.begin(), rgb.end(), row + 3 * x);
      }
    }
  }

  const Batch& batch_;
  SampleShape shape_;
  const Normalisation& normalisation_;
  std::int64_t zoom_;
  std::int64_t columns_;
  std::int64_t tile_width_;
  std::int64_t cell_width_;
  std::int64_t cell_height_;
};

}  // namespace

Image contact_sheet(const Batch& batch, const SampleShape& shape,
                    const std::vector<std::string>& classes, const Normalisation& normalisation,
                    std::int64_t columns) {
  if (shape.channels < 1 || shape.channels > 3) {
    fail(ErrorKind::kUsage, "contact sheet: expected samples of 1 to 3 channels, found {}",
         shape.channels);
  }
  if (columns < 1) fail(ErrorKind::kUsage, "columns: expected at least 1, found {}", columns);
  Sheet sheet(batch, shape, normalisation, columns);
  for (std::int64_t i = 0; i < batch.size; ++i) {
    const auto label = static_cast<std::size_t>(batch.labels[static_cast<std::size_t>(i)]);
    sheet.draw(i, classes[label]);
  }
  return std::move(sheet.image);
}

}  // namespace staa::data
