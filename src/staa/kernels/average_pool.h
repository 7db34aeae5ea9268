#pragma once

#include <cstddef>

#include "staa/kernels/element.h"

/// Average pooling over 2x2 windows with stride 2, on images [N, H, W, C] in plain memory. An odd
/// height or width is rounded up: a window that the border cuts off averages the values that it
/// contains.
namespace staa::kernels {

struct PoolShape {
  std::size_t height = 0;  ///< of the images before pooling
  std::size_t width = 0;
  std::size_t channels = 0;

  std::size_t pooled_height() const { return (height + 1) / 2; }
  std::size_t pooled_width() const { return (width + 1) / 2; }
  std::size_t size() const { return height * width * channels; }  ///< values per image
  std::size_t pooled_size() const { return pooled_height() * pooled_width() * channels; }
};

/// Computes y [N, (H+1)/2, (W+1)/2, C] from x [N, H, W, C].
void average_pool2(const float* x, std::size_t images, const PoolShape& shape, float* y);
void average_pool2(const double* x, std::size_t images, const PoolShape& shape, double* y);
void average_pool2(const Bf16* x, std::size_t images, const PoolShape& shape, Bf16* y);

/// Computes dx from dy, which have the shapes of x and y.
void average_pool2_backward(const float* dy, std::size_t images, const PoolShape& shape, float* dx);
void average_pool2_backward(const double* dy, std::size_t images, const PoolShape& shape,
                            double* dx);
void average_pool2_backward(const Bf16* dy, std::size_t images, const PoolShape& shape, Bf16* dx);

}  // namespace staa::kernels
