#include "staa/runtime/dense.h"

#include <algorithm>

namespace staa::runtime {
namespace {

std::size_t size_of(std::int64_t extent) { return static_cast<std::size_t>(extent); }

/// out[c] += gain * (the earlier current at row, column), its channels over and over.
void add_earlier(const EarlierCurrent& earlier, bool halved, std::size_t row, std::size_t column,
                 float gain, std::size_t channels, float* out) {
  const auto width = size_of(earlier.shape.width);
  const auto own = size_of(earlier.shape.channels);
  const auto pixel = [&](std::size_t y, std::size_t x) {
    return earlier.values + (y * width + x) * own;
  };
  for (std::size_t c = 0; c < channels; ++c) {
    const auto k = c % own;
    if (!halved) {
      out[c] += gain * pixel(row, column)[k];
      continue;
    }
    const auto y = 2 * row;
    const auto x = 2 * column;
    const float sum =
        pixel(y, x)[k] + pixel(y, x + 1)[k] + pixel(y + 1, x)[k] + pixel(y + 1, x + 1)[k];
    out[c] += gain * 0.25F * sum;
  }
}

}  // namespace

void whiten(const format::Extent& image, const float* values, const std::vector<float>& weight,
            const format::Extent& shape, float* out) {
  const auto in = size_of(image.channels);
  const auto width = size_of(image.width);
  const auto channels = size_of(shape.channels);
  for (std::size_t y = 0; y < size_of(shape.height); ++y) {
    for (std::size_t x = 0; x < size_of(shape.width); ++x) {
      float* pixel = out + (y * size_of(shape.width) + x) * channels;
      std::fill(pixel, pixel + channels, 0.0F);
      for (std::size_t tap = 0; tap < 4; ++tap) {
        const float* from = values + ((y + tap / 2) * width + x + tap % 2) * in;
        for (std::size_t i = 0; i < in; ++i) {
          const float* row = weight.data() + (tap * in + i) * channels;
          for (std::size_t c = 0; c < channels; ++c) pixel[c] += from[i] * row[c];
        }
      }
      for (std::size_t c = 0; c < channels; ++c) pixel[c] = std::max(pixel[c], 0.0F);
    }
  }
}

void make_current(const format::Node& node, const std::vector<float>& scale,
                  const std::vector<float>& bias, const format::Extent& from, const float* y,
                  const EarlierCurrent& earlier, float* out) {
  const auto channels = size_of(node.shape.channels);
  const auto width = size_of(from.width);
  const float gain = earlier.values == nullptr ? 1 : static_cast<float>(node.current.gain);
  const bool halved = earlier.values != nullptr && earlier.shape.height != node.shape.height;
  for (std::size_t row = 0; row < size_of(node.shape.height); ++row) {
    for (std::size_t column = 0; column < size_of(node.shape.width); ++column) {
      float* pixel = out + (row * size_of(node.shape.width) + column) * channels;
      if (node.current.max_pool) {
        const float* upper = y + (2 * row * width + 2 * column) * channels;
        const float* lower = upper + width * channels;
        for (std::size_t c = 0; c < channels; ++c) {
          pixel[c] = std::max(std::max(upper[c], upper[channels + c]),
                              std::max(lower[c], lower[channels + c]));
        }
      } else {
        const float* own = y + (row * width + column) * channels;
        std::copy(own, own + channels, pixel);
      }
      for (std::size_t c = 0; c < channels; ++c) pixel[c] = gain * (scale[c] * pixel[c] + bias[c]);
      if (earlier.values != nullptr) {
        add_earlier(earlier, halved, row, column, gain, channels, pixel);
      }
    }
  }
}

}  // namespace staa::runtime
