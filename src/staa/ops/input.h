#pragma once

#include <torch/types.h>

#include <functional>

#include "staa/ops/spikes.h"

namespace staa::ops {

/// Sums a tensor, in place, over the processes that hold parts of one batch. All of them must call
/// it in the same order.
using SumOverProcesses = std::function<void(torch::Tensor&)>;

/// BatchNorm of a sequence, per channel. In training it uses the statistics of the batch and moves
/// the running ones by `momentum`; otherwise it uses the running ones.
struct BatchNorm {
  torch::Tensor weight;        ///< [C], gamma
  torch::Tensor bias;          ///< [C], beta
  torch::Tensor running_mean;  ///< [C]
  torch::Tensor running_var;   ///< [C], unbiased
  double momentum = 0.1;
  double eps = 1e-5;
  bool training = false;
  SumOverProcesses sum{};  ///< sums statistics over the batch's parts; empty: it is whole

  bool defined() const { return weight.defined(); }
};

/// A term of the input of neurons: values [T, B, C, H, W], or [1, B, C, H, W] if they are the same
/// in every step, and the BatchNorm to be applied to them, if it is defined.
struct Current {
  Current() = default;
  Current(torch::Tensor sequence) : values(std::move(sequence)) {}  // NOLINT: a tensor is one
  Current(const Spikes& spikes)                                     // NOLINT: and so are spikes
      : values(spikes.values), bits(spikes.bits) {}
  Current(torch::Tensor sequence, BatchNorm batch_norm)
      : values(std::move(sequence)), norm(std::move(batch_norm)) {}

  bool defined() const { return values.defined(); }

  torch::Tensor values;
  BatchNorm norm;
  torch::Tensor bits;  ///< the same as spikes (spikes.h); undefined if the values may be anything
  /// Recomputes exactly the same values. If it is set, the backward pass calls it instead of
  /// keeping the values.
  std::function<torch::Tensor()> again;
};

/// The input X of a neuron layer: the normalised main current plus the residual, if it is defined.
struct NeuronInput {
  NeuronInput(torch::Tensor x) : main(std::move(x)) {}  // NOLINT: a plain sequence is an input
  NeuronInput(Current main_current, Current residual_current = {}, std::int64_t time_steps = 0)
      : main(std::move(main_current)), residual(std::move(residual_current)), given(time_steps) {}

  /// T: the given number of steps, or that of the longer sequence if none was given.
  std::int64_t steps() const {
    if (given > 0) return given;
    return residual.defined() ? std::max(main.values.size(0), residual.values.size(0))
                              : main.values.size(0);
  }

  Current main;
  Current residual;
  std::int64_t given = 0;
};

}  // namespace staa::ops
