#pragma once

#include <torch/types.h>

#include <utility>

namespace staa::ops {

/// What runs from layer to layer: values [T, B, C, H, W] and, where a neuron layer made them, the
/// same as one bit each, so that no reader has to find out that they are spikes.
struct Spikes {
  Spikes() = default;
  Spikes(torch::Tensor sequence, torch::Tensor packed = {})  // NOLINT: a sequence is one
      : values(std::move(sequence)), bits(std::move(packed)) {}

  operator const torch::Tensor&() const { return values; }  // NOLINT: to readers of values alone

  bool defined() const { return values.defined(); }

  torch::Tensor values;
  /// [T, B, words] of 64-bit integers: the slab [H, W, C] of a step and sample from bit 0 of its
  /// first word on; undefined where the values may be anything.
  torch::Tensor bits;
};

}  // namespace staa::ops
