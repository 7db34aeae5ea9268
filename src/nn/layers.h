#pragma once

#include <torch/torch.h>

#include <memory>

#include "staa/nn/neuron.h"
#include "staa/nn/observe.h"
#include "staa/ops/spikes.h"
#include "staa/options/execution.h"

namespace staa::nn {

/// Everything below takes and gives sequences [T, B, C, H, W], channels-last inside a step. T = 1
/// stands for a sequence that does not change over time, however many steps the network runs: a
/// still image costs its first convolution once.

/// Applies `f` ([N, C, H, W] -> [N, C', H', W']) to all steps at once: N = T * B.
template <typename F>
torch::Tensor over_steps(const torch::Tensor& x, F f) {
  const auto y = f(x.flatten(0, 1));
  return y.view({x.size(0), x.size(1), y.size(1), y.size(2), y.size(3)});
}

/// 2x2 average pool of stride 2. An odd extent is rounded up, as a convolution of stride 2 rounds
/// it; the windows cut off by the border average what they hold.
torch::Tensor average_pool2(const torch::Tensor& x);

/// A square convolution without bias and its BatchNorm; statistics run over T and B together. Holds
/// `conv` and `norm`, of which the options count as they are when a batch comes: what the fused
/// operators do not know, such as a bias or dilation, is computed by the module. Another Conv2d or
/// BatchNorm2d may be put in their place with replace_module(). Padding keeps the extent: kernel /
/// 2.
class ConvNorm : public torch::nn::Module, public Observable {
 public:
  ConvNorm(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
           const ExecutionOptions& execution = {});

  /// The convolution of x, and its BatchNorm for whoever reads it to apply. The observer sees the
  /// convolution alone: its input and its output before BatchNorm.
  ops::Current forward(const ops::Spikes& x);

  torch::Tensor weight() const;
  std::int64_t stride() const;

  /// In training, statistics of a batch that is spread over processes; {} of the own part again.
  void share_statistics(ops::SumOverProcesses sum) { sum_ = std::move(sum); }

 private:
  ExecutionOptions execution_;
  ops::SumOverProcesses sum_;
};

/// A convolution, its BatchNorm and the neurons behind them: the unit all networks are made of.
/// Holds `conv`, `norm` and `neuron`.
class ConvNeuron : public ConvNorm {
 public:
  /// `steps` is T, the number of time steps the neurons run.
  ConvNeuron(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
             std::int64_t steps, const NeuronOptions& options,
             const ExecutionOptions& execution = {});

  /// Spikes [T, B, C, H, W] of neurons driven by the normalised convolution of `x`, plus `residual`
  /// when it is defined (same shape, joins before the neurons).
  ops::Spikes forward(const ops::Spikes& x, const ops::Current& residual = {});

 private:
  std::int64_t steps_;
};

/// Global average pooling and a linear layer: [T, B, C, H, W] -> logits [T, B, classes]. Holds
/// `linear`.
class Head : public torch::nn::Module, public Observable {
 public:
  Head(std::int64_t in, std::int64_t classes);

  torch::Tensor forward(const torch::Tensor& x);

  torch::Tensor weight() const;
};

}  // namespace staa::nn
