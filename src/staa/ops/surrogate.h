#pragma once

#include <torch/types.h>

#include "staa/options/neuron.h"

namespace staa::ops {

/// The derivative dS/dV of the surrogate, element by element, with `x` = V - v_th and `width` a.
/// The shapes are described at Surrogate (Eq. 5 is the rectangle). The result has the shape
/// and type of `x`.
torch::Tensor surrogate_derivative(const torch::Tensor& x, Surrogate surrogate, double width);

/// Spikes S = 1 where V >= threshold, else 0, in V's type (Eq. 2). The backward pass multiplies the
/// incoming gradient by scale * surrogate_derivative(V - threshold).
torch::Tensor spike(const torch::Tensor& membrane, double threshold, Surrogate surrogate,
                    double width, double scale = 1);

}  // namespace staa::ops
