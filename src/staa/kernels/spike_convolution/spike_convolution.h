#pragma once

#include <cstddef>
#include <cstdint>

#include "staa/kernels/convolution_shape.h"
#include "staa/kernels/element.h"

/// Convolutions of spikes whose cost is proportional to the number of spikes: a silent input costs
/// nothing. Images are [N, H, W, C] without gaps, in float, double or bf16. Spikes are one bit each
/// (spikes.h), [N, spike_words(H * W * C)], so that every image starts at a word. Sums run over
/// input channels, then kernel rows, then positions, so that the result for an image does not
/// depend on the other images.
namespace staa::kernels {

/// Whether the functions below support this shape: a kernel of 1 to 3, padding smaller than the
/// kernel, stride 1 or 2, and neither an empty input nor an empty output.
bool takes_spikes(const ConvolutionShape& shape);

/// The size in bytes of the vectors that the kernels use on this processor.
std::size_t vector_bytes();

struct ImageRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ChannelRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The number of values that the weights occupy in the kernels' order,
/// [blocks, in, k, k, block size]. The output channels are divided into blocks that suit the
/// processor's vectors; the last block is padded with zeros. The sums of the weight gradient have
/// the same size and order.
std::size_t ordered_weights_size(const ConvolutionShape& shape, float);
std::size_t ordered_weights_size(const ConvolutionShape& shape, double);

/// Writes the weights [out, k, k, in] of the input channels `in` to `ordered`, in the kernels'
/// order.
void order_weights(const ConvolutionShape& shape, const float* weights, float* ordered,
                   ChannelRange in);
void order_weights(const ConvolutionShape& shape, const double* weights, double* ordered,
                   ChannelRange in);

/// Writes the output [N, H', W', out] of the given images.
void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,
                       const float* ordered, float* output, ImageRange images);
void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,
                       const double* ordered, double* output, ImageRange images);
void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,
                       const float* ordered, Bf16* output, ImageRange images);

/// Adds the weight gradient of the given images to `sums`, in the kernels' order.
void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                           const float* output_gradients, float* sums, ImageRange images);
void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                           const double* output_gradients, double* sums, ImageRange images);
void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                           const Bf16* output_gradients, float* sums, ImageRange images);

/// Writes the weight gradient [out, k, k, in] of the input channels `in`. It is the total of
/// `parts` sums in the kernels' order, which follow one another in memory.
void restore_weights(const ConvolutionShape& shape, const float* sums, std::size_t parts,
                     float* weights, ChannelRange in);
void restore_weights(const ConvolutionShape& shape, const double* sums, std::size_t parts,
                     double* weights, ChannelRange in);

}  // namespace staa::kernels
