#pragma once

#include <torch/types.h>

#include <utility>

namespace staa::ops {

/// The data that passes from layer to layer: values [T, B, C, H, W] and, if a neuron layer produced
/// them, the same values as one bit each, so that readers know that they are spikes.
struct Spikes {
  Spikes() = default;
  Spikes(torch::Tensor sequence, torch::Tensor packed = {})  // NOLINT: a sequence is one
      : values(std::move(sequence)), bits(std::move(packed)) {}

  operator const torch::Tensor&() const { return values; }  // NOLINT: to readers of values alone

  bool defined() const { return values.defined(); }

  torch::Tensor values;
  /// [T, B, words], 64-bit integers. The slab [H, W, C] of each step and sample starts at bit 0 of
  /// its first word. Undefined if the values may be anything.
  torch::Tensor bits;
};

/// The output of neurons with a state.
struct SpikesAndMembrane {
  Spikes spikes;           ///< [T, B, C, H, W]
  torch::Tensor membrane;  ///< [B, C, H, W] of the last step, in the type of the arithmetic
};

}  // namespace staa::ops
