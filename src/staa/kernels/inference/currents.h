#pragma once

#include <cstddef>

/// The parts of a network that work on real values, for one sample and time step.
namespace staa::kernels {

/// An image [height, width, channels] of floats.
struct ImageShape {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
};

/// Of an image its 2x2 patches times `weight` [2, 2, C, out], then ReLU: [H - 1, W - 1, out].
void whiten_patches(const ImageShape& image, const float* values, const float* weight,
                    std::size_t out, float* output);

/// What drives neurons: gain * (scale * y + bias + what joins), per channel.
struct Current {
  ImageShape y;           ///< of a convolution
  bool max_pool = false;  ///< y is the maximum over 2x2 windows, of which odd rests are left out
  float gain = 1;
  const float* scale = nullptr;    ///< [C]
  const float* bias = nullptr;     ///< [C]
  const float* earlier = nullptr;  ///< what joins, or null
  ImageShape earlier_shape;        ///< its channels are repeated where they are fewer
  bool halved = false;             ///< what joins is its mean over 2x2 windows
};

/// Writes [H', W', C], whose height and width are y's, or with max_pool the half of them.
void make_current(const Current& current, const float* y, float* output);

}  // namespace staa::kernels
