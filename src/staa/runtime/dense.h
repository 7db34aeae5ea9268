#pragma once

#include <vector>

#include "staa/format/model_file.h"

/// The layers that work on real values instead of spikes. They cost little compared to
/// convolutions.
namespace staa::runtime {

/// Multiplies the 2x2 patches of an image [H, W, C] by `weight` [2, 2, C, out] and applies ReLU:
/// [H - 1, W - 1, out].
void whiten(const format::Extent& image, const float* values, const std::vector<float>& weight,
            const format::Extent& shape, float* out);

/// An earlier current, which is added to a current and may have another shape.
struct EarlierCurrent {
  const float* values = nullptr;  ///< [H, W, C]; null: none
  format::Extent shape;
};

/// Computes a node of kind kCurrent (format/model_file.h) for one step. `y` [H, W, C] is the output
/// of the convolution, with the extents `from`. Writes [H', W', C] in the node's shape.
void make_current(const format::Node& node, const std::vector<float>& scale,
                  const std::vector<float>& bias, const format::Extent& from, const float* y,
                  const EarlierCurrent& earlier, float* out);

}  // namespace staa::runtime
