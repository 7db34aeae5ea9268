#pragma once

#include <torch/types.h>

#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

/// The method as a plain composition of ATen calls, which is slow but reads like the paper's
/// equations. Every faster operator is tested against it.
namespace staa::ops::reference {

/// The weight [B, H, W] that GC gives to each pixel of `x` [B, C, H, W] (Eq. 7).
torch::Tensor context_attention(const torch::Tensor& x, const GcParameters& gc);

/// Global context (Eq. 7-9): the vector W_v [B, C] that GC adds to every pixel of `x` [B, C, H, W].
torch::Tensor global_context(const torch::Tensor& x, const GcParameters& gc);

/// GC(x) = x + W_v (Eq. 10), or x if the block is switched off.
torch::Tensor apply_global_context(const torch::Tensor& x, const GcParameters& gc);

/// The gate of step attention (Eq. 12), [B, C, 1, 1], from u [B, C, H, W].
torch::Tensor step_attention_gate(const torch::Tensor& u, const SaParameters& sa,
                                  const NeuronOptions& options);

/// SA(u) = gate * u. If the block is switched off, the gate is the constant that sigmoid(0) gives.
/// Reads the options sa_alpha and sa_gain.
torch::Tensor apply_step_attention(const torch::Tensor& u, const SaParameters& sa,
                                   const NeuronOptions& options);

}  // namespace staa::ops::reference
