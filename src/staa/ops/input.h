#pragma once

#include <torch/types.h>

#include <functional>

#include "staa/ops/spikes.h"

namespace staa::ops {

/// Adds a tensor up, in place, over the processes that hold parts of one batch. All of them call it
/// in the same order.
using SumOverProcesses = std::function<void(torch::Tensor&)>;

/// BatchNorm over all but the channels of a sequence. In training, the statistics are the batch's
/// and the running ones move by `momentum`; else the running ones serve.
struct BatchNorm {
  torch::Tensor weight;        ///< [C], gamma
  torch::Tensor bias;          ///< [C], beta
  torch::Tensor running_mean;  ///< [C]
  torch::Tensor running_var;   ///< [C], unbiased
  double momentum = 0.1;
  double eps = 1e-5;
  bool training = false;
  SumOverProcesses sum{};  ///< makes the statistics those of all parts; empty: the batch is whole

  bool defined() const { return weight.defined(); }
};

/// A term of what drives neurons: values [T, B, C, H, W], or [1, B, C, H, W] for values that are
/// the same in every step, and the BatchNorm to be applied to them, if it is defined.
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
  torch::Tensor bits;  ///< of spikes (spikes.h); undefined where the values may be anything
  /// Gives the values again, to the bit. Where it is set, the backward pass asks for them instead
  /// of keeping them.
  std::function<torch::Tensor()> again;
};

/// The input X of a neuron layer: the normalised main current plus, where it is defined, the
/// residual.
struct NeuronInput {
  NeuronInput(torch::Tensor x) : main(std::move(x)) {}  // NOLINT: a plain sequence is an input
  NeuronInput(Current main_current, Current residual_current = {}, std::int64_t time_steps = 0)
      : main(std::move(main_current)), residual(std::move(residual_current)), given(time_steps) {}

  /// T: as given, or else what the longer of the sequences has.
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
