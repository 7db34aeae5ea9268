#pragma once

#include <torch/types.h>

#include "staa/options/neuron.h"

namespace staa::ops {

/// dS/dV by the surrogate of width `a`, element by element; `x` = V - v_th. See Surrogate for the
/// four shapes (Eq. 5 is the rectangle). Same shape and type as `x`.
torch::Tensor surrogate_derivative(const torch::Tensor& x, Surrogate surrogate, double width);

/// Spikes S = 1 where V >= threshold, else 0, in V's type (Eq. 2). The backward pass multiplies the
/// incoming gradient by surrogate_derivative(V - threshold).
torch::Tensor spike(const torch::Tensor& membrane, double threshold, Surrogate surrogate,
                    double width);

}  // namespace staa::ops
