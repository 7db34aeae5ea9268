#include "staa/data/augment/fit_image.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "staa/data/augment/crop.h"

namespace staa::data {
namespace {

/// The largest central box of an image with the aspect ratio of `shape`.
Box middle(const ImageShape& image, const ImageShape& shape) {
  const auto width =
      std::min(image.width, std::max<std::int64_t>(1, image.height * shape.width / shape.height));
  const auto height =
      std::min(image.height, std::max<std::int64_t>(1, image.width * shape.height / shape.width));
  return {(image.width - width) / 2, (image.height - height) / 2, width, height};
}

}  // namespace

Image with_channels(Image&& image, std::int64_t channels) {
  if (image.shape.channels == channels) return std::move(image);
  Image out{{channels, image.shape.height, image.shape.width}, {}};
  out.pixels.reserve(static_cast<std::size_t>(out.shape.bytes()));
  if (channels == 3) {
    for (const auto value : image.pixels) out.pixels.insert(out.pixels.end(), 3, value);
    return out;
  }
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    const double grey =
        0.299 * image.pixels[i] + 0.587 * image.pixels[i + 1] + 0.114 * image.pixels[i + 2];
    out.pixels.push_back(static_cast<std::uint8_t>(std::lround(grey)));
  }
  return out;
}

Image fit_image(Image&& image, const ImageShape& shape) {
  auto source = with_channels(std::move(image), shape.channels);
  if (source.shape == shape) return source;
  Image out{shape, {}};
  resize(middle(source.shape, shape), rows_of(source), out);
  return out;
}

}  // namespace staa::data
