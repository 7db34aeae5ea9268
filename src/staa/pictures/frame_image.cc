#include "staa/pictures/frame_image.h"

#include <algorithm>
#include <cmath>

#include "staa/util/error.h"

namespace staa::pictures {
namespace {

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(255.0F * std::clamp(value, 0.0F, 1.0F)));
}

}  // namespace

data::Image frame_image(const float* frame, const data::SampleShape& shape,
                        const data::Normalisation& normalisation, float brightest) {
  if (shape.channels < 1 || shape.channels > 3) {
    fail(ErrorKind::kUsage, "a picture shows samples of 1 to 3 channels, found {}", shape.channels);
  }
  data::Image image{{3, shape.height, shape.width}, {}};
  image.pixels.reserve(static_cast<std::size_t>(image.shape.bytes()));
  const auto shown = [&](const float* pixel, std::size_t c) {
    if (normalisation.mean.empty()) return to_byte(pixel[c] / brightest);
    return to_byte(pixel[c] * normalisation.stddev[c] + normalisation.mean[c]);
  };
  for (std::int64_t i = 0; i < shape.height * shape.width; ++i) {
    const float* pixel = frame + i * shape.channels;
    std::uint8_t rgb[3] = {shown(pixel, 0), 0, 0};
    if (shape.channels == 1) {
      rgb[1] = rgb[2] = rgb[0];
    } else if (shape.channels == 2) {
      rgb[2] = rgb[0];
      rgb[0] = shown(pixel, 1);
    } else {
      rgb[1] = shown(pixel, 1);
      rgb[2] = shown(pixel, 2);
    }
    image.pixels.insert(image.pixels.end(), rgb, rgb + 3);
  }
  return image;
}

float brightest_of(const float* sample, const data::SampleShape& shape, std::int64_t stride) {
  float most = 0;
  for (std::int64_t step = 0; step < shape.steps; ++step) {
    const float* frame = sample + step * stride;
    most = std::max(most, *std::max_element(frame, frame + shape.values() / shape.steps));
  }
  return most > 0 ? most : 1;
}

data::Image enlarged(const data::Image& image, std::int64_t zoom) {
  const auto channels = image.shape.channels;
  data::Image out{{channels, zoom * image.shape.height, zoom * image.shape.width}, {}};
  out.pixels.reserve(static_cast<std::size_t>(out.shape.bytes()));
  for (std::int64_t y = 0; y < out.shape.height; ++y) {
    for (std::int64_t x = 0; x < out.shape.width; ++x) {
      const auto* pixel =
          image.pixels.data() + (y / zoom * image.shape.width + x / zoom) * channels;
      out.pixels.insert(out.pixels.end(), pixel, pixel + channels);
    }
  }
  return out;
}

void paste(const data::Image& tile, data::Image& image, std::int64_t left, std::int64_t top) {
  const auto row = 3 * tile.shape.width;
  for (std::int64_t y = 0; y < tile.shape.height; ++y) {
    std::copy_n(tile.pixels.data() + y * row, row,
                image.pixels.data() + ((top + y) * image.shape.width + left) * 3);
  }
}

}  // namespace staa::pictures
