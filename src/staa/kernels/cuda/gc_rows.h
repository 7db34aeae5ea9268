#pragma once

namespace staa::kernels::cuda {

/// Rows of GC that the gradients of its weights need besides NeuronGradients, index 0 of X, 1 of H.
/// The backward pass leaves them; all start at 0.
template <class T>
struct GcRows {
  T* hidden[2] = {};  ///< [T, B, R] LayerNorm's output behind its ReLU
  T* normed[2] = {};  ///< [T, B, R] LayerNorm without its weights, times the output's gradient
};

}  // namespace staa::kernels::cuda
