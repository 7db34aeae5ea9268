#pragma once

#include <cstddef>
#include <cstdint>

#include "staa/kernels/element.h"

/// Convolutions that read spikes, at a cost in proportion to the spikes that arrived: a silent
/// input costs nothing. Images are [N, H, W, C] without gaps, in float, double or bf16; spikes are
/// one bit each (spikes.h), [N, spike_words(H * W * C)], so that every image begins a word. Sums
/// run over input channels, then kernel rows, then positions, so that the result of an image does
/// not depend on its neighbours.
namespace staa::kernels {

/// A square convolution without groups or dilation.
struct ConvolutionShape {
  std::size_t images = 0;
  std::size_t height = 0;  ///< of the input
  std::size_t width = 0;
  std::size_t in = 0;  ///< channels
  std::size_t out = 0;
  std::size_t kernel = 3;
  std::size_t stride = 1;
  std::size_t padding = 1;

  std::size_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::size_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
};

/// Whether the functions below take this shape: kernels of 1 to 3, padding below the kernel, stride
/// 1 or 2, and an output.
bool takes_spikes(const ConvolutionShape& shape);

/// Width of the vectors that the kernels use on this processor.
std::size_t vector_bytes();

struct ImageRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ChannelRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// How many values the kernels' own order of the weights takes: [in, k, k] rows of out channels,
/// in blocks of as many as suit the processor's vectors. The same for the gradient's sums.
std::size_t ordered_weights_size(const ConvolutionShape& shape, float);
std::size_t ordered_weights_size(const ConvolutionShape& shape, double);

/// Writes the weights [out, k, k, in] of some input channels in that order.
void order_weights(const ConvolutionShape& shape, const float* weights, float* ordered,
                   ChannelRange in);
void order_weights(const ConvolutionShape& shape, const double* weights, double* ordered,
                   ChannelRange in);

/// Output [N, H', W', out] of the images of a range.
void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,
                       const float* ordered, float* output, ImageRange images);
void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,
                       const double* ordered, double* output, ImageRange images);
void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,
                       const float* ordered, Bf16* output, ImageRange images);

/// Adds the weights' gradient over the images of a range to `sums`, in the kernels' order.
void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                           const float* output_gradients, float* sums, ImageRange images);
void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                           const double* output_gradients, double* sums, ImageRange images);
void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                           const Bf16* output_gradients, float* sums, ImageRange images);

/// The gradient [out, k, k, in] of some input channels, from `parts` such sums one behind another.
void restore_weights(const ConvolutionShape& shape, const float* sums, std::size_t parts,
                     float* weights, ChannelRange in);
void restore_weights(const ConvolutionShape& shape, const double* sums, std::size_t parts,
                     double* weights, ChannelRange in);

}  // namespace staa::kernels
