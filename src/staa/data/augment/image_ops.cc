#include "staa/data/augment/image_ops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace staa::data {
namespace {

using Table = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

std::uint8_t clip(std::int64_t value) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, 255));
}

/// v = table[v] for every value of one channel.
void map_channel(Image& image, std::int64_t channel, const Table& table) {
  const auto step = static_cast<std::size_t>(image.shape.channels);
  for (auto i = static_cast<std::size_t>(channel); i < image.pixels.size(); i += step) {
    image.pixels[i] = table[image.pixels[i]];
  }
}

Histogram histogram(const Image& image, std::int64_t channel) {
  Histogram counts{};
  const auto step = static_cast<std::size_t>(image.shape.channels);
  for (auto i = static_cast<std::size_t>(channel); i < image.pixels.size(); i += step) {
    ++counts[image.pixels[i]];
  }
  return counts;
}

/// Maps a point (x, y) of the result to its source point: (xx * x + xy * y + x0, yx * x + yy * y +
/// y0).
struct Affine {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;
};

/// Copies each pixel of the result from the source pixel that its centre maps to. Computes in units
/// of 1/65536 pixel as PIL does, so that the bytes agree and do not depend on the compiler.
void transform(Image& image, const Affine& map) {
  constexpr int kBits = 16;
  const auto fixed = [](double v) {
    return static_cast<std::int64_t>(std::floor(v * (1 << kBits) + 0.5));
  };
  const std::int64_t x_by_x = fixed(map.xx), x_by_y = fixed(map.xy);
  const std::int64_t y_by_x = fixed(map.yx), y_by_y = fixed(map.yy);
  std::int64_t row_x = fixed(map.x0 + map.xx * 0.5 + map.xy * 0.5);
  std::int64_t row_y = fixed(map.y0 + map.yx * 0.5 + map.yy * 0.5);

  const auto [channels, height, width] = image.shape;
  const std::vector<std::uint8_t> source = image.pixels;
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{0});
  std::uint8_t* out = image.pixels.data();
  for (std::int64_t y = 0; y < height; ++y, row_x += x_by_y, row_y += y_by_y) {
    std::int64_t from_x = row_x;
    std::int64_t from_y = row_y;
    for (std::int64_t x = 0; x < width; ++x, out += channels, from_x += x_by_x, from_y += y_by_x) {
      const std::int64_t source_x = from_x >> kBits;
      const std::int64_t source_y = from_y >> kBits;
      if (source_x < 0 || source_x >= width || source_y < 0 || source_y >= height) continue;
      std::copy_n(source.data() + (source_y * width + source_x) * channels, channels, out);
    }
  }
}

/// ITU-R 601 luma in PIL's integer arithmetic.
std::uint8_t grey(const std::uint8_t* pixel, std::int64_t channels) {
  if (channels == 1) return pixel[0];
  return static_cast<std::uint8_t>(
      (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);
}

/// base + factor * (value - base), clamped to [0, 255] and truncated to an integer.
std::uint8_t blend(std::uint8_t base, std::uint8_t value, float factor) {
  const float result = static_cast<float>(base) + factor * static_cast<float>(value - base);
  return static_cast<std::uint8_t>(std::clamp(result, 0.0F, 255.0F));
}

/// Applies blend(base, v) to every value v, with the same base everywhere.
void blend_with(Image& image, std::uint8_t base, double factor) {
  Table table{};
  for (std::size_t v = 0; v < table.size(); ++v) {
    table[v] = blend(base, static_cast<std::uint8_t>(v), static_cast<float>(factor));
  }
  for (auto& value : image.pixels) value = table[value];
}

}  // namespace

void shear_x(Image& image, double factor) {
  Affine map;
  map.xy = factor;
  transform(image, map);
}

void shear_y(Image& image, double factor) {
  Affine map;
  map.yx = factor;
  transform(image, map);
}

void translate_x(Image& image, std::int64_t pixels) {
  Affine map;
  map.x0 = -static_cast<double>(pixels);
  transform(image, map);
}

void translate_y(Image& image, std::int64_t pixels) {
  Affine map;
  map.y0 = -static_cast<double>(pixels);
  transform(image, map);
}

void rotate(Image& image, double degrees) {
  const double angle = -degrees * 3.14159265358979323846 / 180.0;
  const double centre_x = static_cast<double>(image.shape.width) / 2;
  const double centre_y = static_cast<double>(image.shape.height) / 2;
  Affine map;
  map.xx = std::cos(angle);
  map.xy = std::sin(angle);
  map.yx = -std::sin(angle);
  map.yy = std::cos(angle);
  map.x0 = centre_x - map.xx * centre_x - map.xy * centre_y;
  map.y0 = centre_y - map.yx * centre_x - map.yy * centre_y;
  transform(image, map);
}

void adjust_brightness(Image& image, double factor) { blend_with(image, 0, factor); }

void adjust_color(Image& image, double factor) {
  const std::int64_t channels = image.shape.channels;
  if (channels == 1) return;
  std::uint8_t* const end = image.pixels.data() + image.pixels.size();
  for (std::uint8_t* pixel = image.pixels.data(); pixel < end; pixel += channels) {
    const std::uint8_t base = grey(pixel, channels);
    for (std::int64_t c = 0; c < channels; ++c) {
      pixel[c] = blend(base, pixel[c], static_cast<float>(factor));
    }
  }
}

void adjust_contrast(Image& image, double factor) {
  const std::int64_t channels = image.shape.channels;
  const std::int64_t pixels = image.shape.height * image.shape.width;
  std::int64_t sum = 0;
  for (std::int64_t p = 0; p < pixels; ++p) {
    sum += grey(image.pixels.data() + p * channels, channels);
  }
  const double mean = static_cast<double>(sum) / static_cast<double>(pixels);
  blend_with(image, static_cast<std::uint8_t>(std::lround(mean)), factor);
}

void adjust_sharpness(Image& image, double factor) {
  const auto [channels, height, width] = image.shape;
  const std::int64_t row = width * channels;
  const std::vector<std::uint8_t> source = image.pixels;
  for (std::int64_t y = 1; y + 1 < height; ++y) {
    for (std::int64_t i = channels; i + channels < row; ++i) {
      const std::uint8_t* centre = source.data() + y * row + i;
      int sum = 4 * *centre;  // the ninth term of the loop below makes it 5
      for (const std::int64_t line : {-row, std::int64_t{0}, row}) {
        sum += centre[line - channels] + centre[line] + centre[line + channels];
      }
      const auto smooth = static_cast<std::uint8_t>((2 * sum + 13) / 26);  // round(sum / 13)
      image.pixels[static_cast<std::size_t>(y * row + i)] =
          blend(smooth, *centre, static_cast<float>(factor));
    }
  }
}

void invert(Image& image) {
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(255 - value);
}

void posterize(Image& image, int bits) {
  const auto mask = static_cast<std::uint8_t>(~((1 << (8 - bits)) - 1));
  for (auto& value : image.pixels) value &= mask;
}

void solarize(Image& image, double threshold) {
  for (auto& value : image.pixels) {
    if (value >= threshold) value = static_cast<std::uint8_t>(255 - value);
  }
}

void auto_contrast(Image& image) {
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    const auto counts = histogram(image, c);
    int low = 0;
    int high = 255;
    while (low < 255 && counts[static_cast<std::size_t>(low)] == 0) ++low;
    while (high > 0 && counts[static_cast<std::size_t>(high)] == 0) --high;
    if (high <= low) continue;  // one value: nothing to stretch
    const double scale = 255.0 / (high - low);
    const double offset = -low * scale;
    Table table{};
    for (std::size_t v = 0; v < table.size(); ++v) {
      table[v] = clip(static_cast<std::int64_t>(static_cast<double>(v) * scale + offset));
    }
    map_channel(image, c, table);
  }
}

void equalize(Image& image) {
  const std::int64_t pixels = image.shape.height * image.shape.width;
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    const auto counts = histogram(image, c);
    const auto last = std::find_if(counts.rbegin(), counts.rend(), [](auto n) { return n > 0; });
    const std::int64_t step = (pixels - *last) / 255;
    if (step == 0) continue;  // too few pixels other than the brightest
    Table table{};
    std::int64_t below = step / 2;
    for (std::size_t v = 0; v < table.size(); ++v) {
      table[v] = clip(below / step);
      below += counts[v];
    }
    map_channel(image, c, table);
  }
}

}  // namespace staa::data
