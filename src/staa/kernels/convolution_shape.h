#pragma once

#include <cstddef>

namespace staa::kernels {

/// A square convolution without groups or dilation.
struct ConvolutionShape {
  std::size_t images = 0;
  std::size_t height = 0;  ///< of the input
  std::size_t width = 0;
  std::size_t in = 0;  ///< input channels
  std::size_t out = 0;
  std::size_t kernel = 3;
  std::size_t stride = 1;
  std::size_t padding = 1;

  std::size_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::size_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
};

}  // namespace staa::kernels
