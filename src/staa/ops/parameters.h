#pragma once

#include <torch/types.h>

#include <array>

namespace staa::ops {

/// Weights of one global-context block over C channels, reduced to R = C/r.
/// The 1x1 convolutions keep the shape of a convolution's weight, [out, in, 1, 1].
struct GcParameters {
  torch::Tensor key_weight;    ///< [1, C, 1, 1]
  torch::Tensor key_bias;      ///< [1]
  torch::Tensor query_weight;  ///< [R, C, 1, 1]
  torch::Tensor query_bias;    ///< [R]
  torch::Tensor norm_weight;   ///< [R]
  torch::Tensor norm_bias;     ///< [R]
  torch::Tensor value_weight;  ///< [C, R, 1, 1]
  torch::Tensor value_bias;    ///< [C]

  bool defined() const { return key_weight.defined(); }
  /// All, in the order above.
  std::array<torch::Tensor, 8> list() const {
    return {key_weight,  key_bias,  query_weight, query_bias,
            norm_weight, norm_bias, value_weight, value_bias};
  }
};

/// Weights of one step-attention block over C channels, reduced to R = C/16.
struct SaParameters {
  torch::Tensor reduce_weight;  ///< [R, C, 1, 1]
  torch::Tensor reduce_bias;    ///< [R]
  torch::Tensor expand_weight;  ///< [C, R, 1, 1]
  torch::Tensor expand_bias;    ///< [C]

  bool defined() const { return reduce_weight.defined(); }
  /// All, in the order above.
  std::array<torch::Tensor, 4> list() const {
    return {reduce_weight, reduce_bias, expand_weight, expand_bias};
  }
};

/// Everything learnable in a STAA neuron. A block that is switched off has undefined tensors.
struct StaaLifParameters {
  /// Position encoding [T, C]; for PePlacement::kBoth [2, T, C], X's table first.
  torch::Tensor pe;
  GcParameters gc1;  ///< on X
  GcParameters gc2;  ///< on H
  SaParameters sa;
};

}  // namespace staa::ops
