#pragma once

#include <cstddef>

/// The parts of a network that compute with real values, for one sample and time step.
namespace staa::kernels {

/// An image [height, width, channels] of floats.
struct ImageShape {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
};

/// Multiplies the 2x2 patches of an image by `weight` [2, 2, C, out] and applies ReLU. Writes
/// [H - 1, W - 1, out].
void whiten_patches(const ImageShape& image, const float* values, const float* weight,
                    std::size_t out, float* output);

/// The current that drives neurons: gain * (scale * y + bias + earlier), per channel.
struct Current {
  ImageShape y;           ///< the output of a convolution
  bool max_pool = false;  ///< takes y's maximum over 2x2 windows; ignores an odd row or column
  float gain = 1;
  const float* scale = nullptr;    ///< [C]
  const float* bias = nullptr;     ///< [C]
  const float* earlier = nullptr;  ///< an earlier current, or null
  /// Its channels are repeated if they are fewer; if they are more, the last ones are left out.
  ImageShape earlier_shape;
  /// Adds the mean of `earlier` over 2x2 windows, of which the last ones may have one row or
  /// column.
  bool halved = false;
};

/// Writes [H', W', C] with the height and width of y, halved if `max_pool` is set.
void make_current(const Current& current, const float* y, float* output);

}  // namespace staa::kernels
