#include "staa/pictures/contact_sheet.h"

#include <algorithm>
#include <utility>

#include "staa/pictures/frame_image.h"
#include "staa/pictures/glyphs.h"
#include "staa/util/error.h"

namespace staa::pictures {
namespace {

constexpr std::int64_t kGap = 2;        ///< pixels around each tile
constexpr std::int64_t kSmallest = 64;  ///< smaller images are enlarged by a whole number

class Sheet {
 public:
  Sheet(const data::Batch& batch, const data::SampleShape& shape,
        const data::Normalisation& normalisation, std::int64_t columns)
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
    data::check_image_extent("contact sheet", image.shape.width, image.shape.height);
    image.pixels.assign(static_cast<std::size_t>(image.shape.bytes()), 32);
  }

  void draw(std::int64_t sample, const std::string& name) {
    const auto left = sample % columns_ * cell_width_ + kGap;
    const auto top = sample / columns_ * cell_height_ + kGap;
    const float brightest = brightest_of(frame(sample, 0), shape_, batch_.size * frame_values());
    for (std::int64_t step = 0; step < shape_.steps; ++step) {
      const auto shown = frame_image(frame(sample, step), shape_, normalisation_, brightest);
      paste(enlarged(shown, zoom_), image, left + step * tile_width_, top);
    }
    draw_text(image, name, left, top + zoom_ * shape_.height + kGap, left + cell_width_ - kGap);
  }

  data::Image image;

 private:
  /// [height, width, channels] of one step of one sample.
  const float* frame(std::int64_t sample, std::int64_t step) const {
    return batch_.values.data() + (step * batch_.size + sample) * frame_values();
  }
  std::int64_t frame_values() const { return shape_.values() / shape_.steps; }

  const data::Batch& batch_;
  data::SampleShape shape_;
  const data::Normalisation& normalisation_;
  std::int64_t zoom_;
  std::int64_t columns_;
  std::int64_t tile_width_;
  std::int64_t cell_width_;
  std::int64_t cell_height_;
};

}  // namespace

data::Image contact_sheet(const data::Batch& batch, const data::SampleShape& shape,
                          const std::vector<std::string>& classes,
                          const data::Normalisation& normalisation, std::int64_t columns) {
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

}  // namespace staa::pictures
