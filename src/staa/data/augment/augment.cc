#include "staa/data/augment/augment.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "staa/data/augment/autoaugment.h"
#include "staa/data/augment/image_ops.h"
#include "staa/util/error.h"

namespace staa::data {
namespace {

void check_options(const AugmentOptions& options, const ImageShape& shape) {
  const std::int64_t most = std::min(shape.height, shape.width);
  if (options.crop_padding < 0 || options.crop_padding > most) {
    fail(ErrorKind::kUsage, "crop_padding: expected 0 to {}, found {}", most, options.crop_padding);
  }
  if (options.cutout < 0) {
    fail(ErrorKind::kUsage, "cutout: expected 0 (off) or more, found {}", options.cutout);
  }
  if (!(options.color_jitter >= 0 && options.color_jitter <= 1)) {
    fail(ErrorKind::kUsage, "color_jitter: expected 0 (off) to 1, found {}", options.color_jitter);
  }
}

/// The map from bytes to normalised values.
ChannelMap channel_map(const ImageShape& shape, const Normalisation& normalisation) {
  if (shape.channels != 1 && shape.channels != 3) {
    fail(ErrorKind::kUsage, "transform: expected images of 1 or 3 channels, found {}",
         shape.channels);
  }
  check_normalisation(normalisation, shape.channels);
  std::vector<float> scale;
  std::vector<float> shift;
  for (std::size_t c = 0; c < normalisation.mean.size(); ++c) {
    scale.push_back(static_cast<float>(1.0 / (255.0 * normalisation.stddev[c])));
    shift.push_back(-normalisation.mean[c] / normalisation.stddev[c]);
  }
  return {scale, shift};
}

}  // namespace

namespace {

/// Reflects an index at the ends: -1 becomes 1, `size` becomes size - 2, and so on.
std::int64_t reflected(std::int64_t i, std::int64_t size) {
  if (size == 1) return 0;
  const auto period = 2 * (size - 1);
  i = ((i % period) + period) % period;
  return i < size ? i : period - i;
}

/// Moves the image and fills the empty pixels with its reflection.
void move_reflected(Image& image, std::int64_t right, std::int64_t down) {
  const auto [channels, height, width] = image.shape;
  const std::vector<std::uint8_t> source = image.pixels;
  auto out = image.pixels.begin();
  for (std::int64_t y = 0; y < height; ++y) {
    const auto row = source.begin() + reflected(y - down, height) * width * channels;
    for (std::int64_t x = 0; x < width; ++x) {
      out = std::copy_n(row + reflected(x - right, width) * channels, channels, out);
    }
  }
}

}  // namespace

void random_crop(Image& image, std::int64_t padding, Random& random, bool reflect) {
  const auto [channels, height, width] = image.shape;
  // The content moves by up to `padding` pixels in either direction.
  const std::int64_t right = random.below(2 * padding + 1) - padding;
  const std::int64_t down = random.below(2 * padding + 1) - padding;
  if (reflect) return move_reflected(image, right, down);

  const std::vector<std::uint8_t> source = image.pixels;
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{0});
  const std::int64_t first_x = std::max<std::int64_t>(right, 0);
  const std::int64_t last_x = std::min(width + right, width);
  for (std::int64_t y = std::max<std::int64_t>(down, 0); y < std::min(height + down, height); ++y) {
    if (first_x >= last_x) break;
    const auto from = source.begin() + ((y - down) * width + first_x - right) * channels;
    std::copy_n(from, (last_x - first_x) * channels,
                image.pixels.begin() + (y * width + first_x) * channels);
  }
}

void flip(Image& image) {
  const auto [channels, height, width] = image.shape;
  for (std::int64_t y = 0; y < height; ++y) {
    mirror_row(image.pixels.data() + y * width * channels, static_cast<std::size_t>(width),
               static_cast<std::size_t>(channels));
  }
}

void color_jitter(Image& image, double strength, Random& random) {
  std::array<void (*)(Image&, double), 3> changes{adjust_brightness, adjust_contrast, adjust_color};
  for (std::size_t left = changes.size(); left > 0; --left) {
    std::swap(changes[left - 1],
              changes[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(left)))]);
    changes[left - 1](image, random.uniform(1 - strength, 1 + strength));
  }
}

void cutout(float* pixels, const ImageShape& shape, std::int64_t length, Random& random,
            std::int64_t holes) {
  for (std::int64_t hole = 0; hole < holes; ++hole) {
    const std::int64_t top = random.below(shape.height) - length / 2;
    const std::int64_t left = random.below(shape.width) - length / 2;
    const std::int64_t first_x = std::max<std::int64_t>(left, 0);
    const std::int64_t last_x = std::min(left + length, shape.width);
    const std::int64_t last_y = std::min(top + length, shape.height);
    for (std::int64_t y = std::max<std::int64_t>(top, 0); y < last_y; ++y) {
      float* row = pixels + y * shape.width * shape.channels;
      std::fill(row + first_x * shape.channels, row + last_x * shape.channels, 0.0F);
    }
  }
}

Transform::Transform(const ImageShape& shape, const Normalisation& normalisation,
                     const AugmentOptions& options)
    : shape_(shape), options_(options), normalise_(channel_map(shape, normalisation)) {
  check_options(options, shape);
}

void Transform::apply(Image& image, Random& random, float* out) const {
  if (options_.crop_padding > 0)
    random_crop(image, options_.crop_padding, random, options_.crop_reflect);
  if (draw_mirrored(random)) flip(image);
  if (options_.autoaugment) autoaugment(image, random);
  if (options_.color_jitter > 0) color_jitter(image, options_.color_jitter, random);

  map_channels(image.pixels.data(), image.pixels.size(), normalise_, out);
  finish(random, out);
}

bool Transform::only_mirrors() const {
  return options_.crop_padding == 0 && !options_.autoaugment && options_.color_jitter == 0;
}

bool Transform::draw_mirrored(Random& random) const {
  if (!options_.flip) return false;
  return options_.flip_alternate ? random.alternating() : random.chance(0.5);
}

void Transform::normalise_row(const float* values, float* out) const {
  map_channels(values, static_cast<std::size_t>(shape_.width * shape_.channels), normalise_, out);
}

void Transform::finish(Random& random, float* out) const {
  if (options_.cutout > 0) cutout(out, shape_, options_.cutout, random);
}

}  // namespace staa::data
