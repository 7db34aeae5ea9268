#pragma once

#include <vector>

#include "staa/format/model_file.h"

/// The parts of a network that work on real values: a few loops over images, which cost little
/// beside the convolutions.
namespace staa::runtime {

/// Of an image [H, W, C] its 2x2 patches times `weight` [2, 2, C, out], then ReLU:
/// [H - 1, W - 1, out].
void whiten(const format::Extent& image, const float* values, const std::vector<float>& weight,
            const format::Extent& shape, float* out);

/// What joins a current: an earlier one, of another shape.
struct EarlierCurrent {
  const float* values = nullptr;  ///< [H, W, C]; null: none
  format::Extent shape;
};

/// A node of kind kCurrent (format/model_file.h) for one step. `y` [H, W, C] of the convolution,
/// whose extents are `from`; writes [H', W', C] of the node's shape.
void make_current(const format::Node& node, const std::vector<float>& scale,
                  const std::vector<float>& bias, const format::Extent& from, const float* y,
                  const EarlierCurrent& earlier, float* out);

}  // namespace staa::runtime
