#pragma once

namespace staa::kernels::cuda {

/// Rows of GC that the gradients of its weights need in addition to NeuronGradients. Index 0
/// belongs to X, 1 to H. The backward pass writes them; all must start at 0.
template <class T>
struct GcRows {
  T* hidden[2] = {};  ///< [T, B, R] LayerNorm's output after its ReLU
  T* normed[2] = {};  ///< [T, B, R] LayerNorm without its weights, times the output's gradient
};

}  // namespace staa::kernels::cuda
