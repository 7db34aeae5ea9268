#pragma once

#include <torch/types.h>

#include <array>

namespace staa::ops {

/// Weights of one global-context block over C channels, reduced to R = max(1, C / gc_reduction).
/// Weights of 1x1 convolutions have the shape [out, in, 1, 1] and may also be passed as [out, in].
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
  /// All tensors in the order above.
  std::array<torch::Tensor, 8> list() const {
    return {key_weight,  key_bias,  query_weight, query_bias,
            norm_weight, norm_bias, value_weight, value_bias};
  }
};

/// Weights of one step-attention block over C channels, reduced to R = max(4, C / sa_reduction).
struct SaParameters {
  torch::Tensor reduce_weight;  ///< [R, C, 1, 1]
  torch::Tensor reduce_bias;    ///< [R]
  torch::Tensor expand_weight;  ///< [C, R, 1, 1]
  torch::Tensor expand_bias;    ///< [C]

  bool defined() const { return reduce_weight.defined(); }
  /// All tensors in the order above.
  std::array<torch::Tensor, 4> list() const {
    return {reduce_weight, reduce_bias, expand_weight, expand_bias};
  }
};

/// Calls `use` with every tensor of a global-context block, const or not, in the order of list().
template <class Gc, class Use>
void for_each_gc_tensor(Gc& gc, const Use& use) {
  use(gc.key_weight);
  use(gc.key_bias);
  use(gc.query_weight);
  use(gc.query_bias);
  use(gc.norm_weight);
  use(gc.norm_bias);
  use(gc.value_weight);
  use(gc.value_bias);
}

/// The same for a step-attention block.
template <class Sa, class Use>
void for_each_sa_tensor(Sa& sa, const Use& use) {
  use(sa.reduce_weight);
  use(sa.reduce_bias);
  use(sa.expand_weight);
  use(sa.expand_bias);
}

/// All learnable tensors of a STAA neuron. The tensors of a block that is switched off are
/// undefined.
struct StaaLifParameters {
  /// Position encoding [P, C] with a row for each of P >= T time steps. With PePlacement::kBoth it
  /// is [2, P, C], with the table of X first.
  torch::Tensor pe;
  GcParameters gc1;  ///< on X
  GcParameters gc2;  ///< on H
  SaParameters sa;
};

}  // namespace staa::ops
