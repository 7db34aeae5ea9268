#pragma once

#include <cstddef>

#include "staa/kernels/convolution_shape.h"

/// Dense 3x3 convolutions by Winograd's minimal filtering F(4x4, 3x3), as Lavin and Gray describe
/// it (CVPR 2016). An output tile of 4x4 pixels takes 36 multiplications per pair of channels
/// instead of 144. Each input tile of 6x6 pixels and each kernel is transformed to 36 frequencies;
/// per frequency the convolution is a matrix product over the channels.
///
/// Images are [N, H, W, C] in float without gaps; transformed weights and sums begin at a multiple
/// of 64 bytes. The result for an image does not depend on the others. It differs from that of a
/// direct convolution by rounding only: about ten times the rounding error of the direct sums.
namespace staa::kernels {

/// Whether the functions below support this shape: a kernel of 3, padding and stride 1, and neither
/// an empty input nor an empty output.
bool takes_winograd(const ConvolutionShape& shape);

/// Whether they are faster than a direct convolution: not if there are so few channels or pixels
/// that the transforms cost more than the products save.
bool winograd_pays(const ConvolutionShape& shape);

/// A range of the tiles of all images. Tiles are counted along rows, then columns, then images.
struct TileRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t winograd_tiles(const ConvolutionShape& shape);

/// A range of panels, the groups of output channels in which transformed weights are stored.
struct PanelRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t winograd_panels(const ConvolutionShape& shape);

/// The number of values of transformed weights: [panels, 36, in, panel size]. The last panel is
/// padded with zeros. The sums of the weight gradient have the same size and order.
std::size_t winograd_weights_size(const ConvolutionShape& shape);

/// Which convolution weights [out, 3, 3, in] are transformed for.
enum class WinogradUse {
  kForward,
  /// The gradient of the input: a convolution of [.., out] images to [.., in] by the weights,
  /// rotated by 180 degrees. `shape.in` and `shape.out` are those of this convolution, so that the
  /// weights are [shape.in, 3, 3, shape.out].
  kInputGradient,
};

/// Transforms the weights of the given panels.
void winograd_weights(const ConvolutionShape& shape, WinogradUse use, const float* weights,
                      float* transformed, PanelRange panels);

/// Writes the output [N, H, W, out] of the given tiles.
void winograd_convolution(const ConvolutionShape& shape, const float* input,
                          const float* transformed, float* output, TileRange tiles);

/// Adds the transformed weight gradient of the given tiles to `sums`, which are stored like
/// transformed weights.
void winograd_weight_gradient(const ConvolutionShape& shape, const float* input,
                              const float* output_gradients, float* sums, TileRange tiles);

/// Writes the weight gradient [out, 3, 3, in] of the given panels: the total of `parts` sums, which
/// follow one another in memory.
void restore_winograd_weights(const ConvolutionShape& shape, const float* sums, std::size_t parts,
                              float* weights, PanelRange panels);

}  // namespace staa::kernels
