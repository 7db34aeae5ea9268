#include "staa/data/event_sheet.h"

#include <algorithm>
#include <cmath>

#include "staa/util/error.h"

namespace staa::data {
namespace {

constexpr std::int64_t kGap = 2;  // grey pixels between frames
constexpr std::uint8_t kGrey = 160;
constexpr std::int64_t kLeastHeight = 64;

float strongest(std::vector<float> values) {
  values.erase(std::remove(values.begin(), values.end(), 0.0F), values.end());
  if (values.empty()) return 1;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * 99 / 100);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// White, the less of its red and green the more events of polarity 0, of green and blue of 1.
void colour(float off, float on, float most, std::uint8_t* rgb) {
  const float blue = std::min(1.0F, off / most);
  const float red = std::min(1.0F, on / most);
  const auto byte = [](float value) { return static_cast<std::uint8_t>(std::lround(255 * value)); };
  rgb[0] = byte(1 - blue);
  rgb[1] = byte((1 - blue) * (1 - red));
  rgb[2] = byte(1 - red);
}

}  // namespace

Image event_sheet(const EventFrames& frames, const std::vector<std::int64_t>& samples) {
  const auto shape = frames.shape();
  const auto zoom = std::max<std::int64_t>(1, (kLeastHeight + shape.height - 1) / shape.height);
  const auto cell_height = shape.height * zoom + kGap;
  const auto cell_width = shape.width * zoom + kGap;
  const auto rows = static_cast<std::int64_t>(samples.size());
  Image sheet{{3, kGap + rows * cell_height, kGap + shape.steps * cell_width}, {}};
  check_image_extent("contact sheet", sheet.shape.width, sheet.shape.height);
  sheet.pixels.assign(static_cast<std::size_t>(sheet.shape.bytes()), kGrey);

  std::vector<float> values(static_cast<std::size_t>(shape.values()));
  for (std::int64_t row = 0; row < rows; ++row) {
    Random random{0};
    frames.read(samples[static_cast<std::size_t>(row)], random, values.data());
    const float most = strongest(values);
    for (std::int64_t t = 0; t < shape.steps; ++t) {
      const float* frame = values.data() + t * shape.height * shape.width * 2;
      for (std::int64_t y = 0; y < shape.height * zoom; ++y) {
        for (std::int64_t x = 0; x < shape.width * zoom; ++x) {
          const float* pixel = frame + (y / zoom * shape.width + x / zoom) * 2;
          const auto at =
              (kGap + row * cell_height + y) * sheet.shape.width + kGap + t * cell_width + x;
          colour(pixel[0], pixel[1], most, sheet.pixels.data() + at * 3);
        }
      }
    }
  }
  return sheet;
}

}  // namespace staa::data
