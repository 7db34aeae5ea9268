#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>

#include "staa/nn/modes.h"
#include "staa/nn/neuron.h"
#include "staa/nn/observe.h"
#include "staa/ops/spikes.h"
#include "staa/options/network.h"

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

/// 2x2 maximum of stride 2; an odd last row or column is left out. Of spikes it gives spikes.
torch::Tensor max_pool2(const torch::Tensor& x);

/// A convolution of a network. Padding keeps the extent: kernel / 2.
struct ConvShape {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  bool max_pool = false;  ///< max_pool2 between the convolution and its BatchNorm
  double gain = 1;        ///< where BatchNorm's scale starts
};

/// What ConvNorm and ConvNeuron have in common: a square convolution without bias and its
/// BatchNorm, whose statistics run over T and B together. Holds `conv` and `norm`, of which the
/// options count as they are when a batch comes: what the fused operators do not know, such as a
/// bias or dilation, is computed by the module. Another Conv2d or BatchNorm2d may be put in their
/// place with replace_module(). Of the options it reads start, norm_momentum and execution.
class NormedConvolution : public virtual torch::nn::Module, public Observable {
 public:
  /// The convolution of x, and its BatchNorm for whoever reads it to apply. The observer sees the
  /// convolution alone: its input and its output before BatchNorm.
  ops::Current current(const ops::Spikes& x);

  torch::Tensor weight() const;
  std::int64_t stride() const;

  /// What convolutions compute in from here on.
  void set_precision(Precision precision) { options_.execution.precision = precision; }

  /// In training, statistics of a batch that is spread over processes; {} of the own part again.
  void share_statistics(ops::SumOverProcesses sum) { sum_ = std::move(sum); }

  void pretty_print(std::ostream& stream) const override;

 protected:
  NormedConvolution(const ConvShape& shape, const models::NetworkOptions& options)
      : shape_(shape), options_(options) {}

  void register_layers();

  ConvShape shape_;
  models::NetworkOptions options_;

 private:
  ops::SumOverProcesses sum_;
};

/// A convolution and its BatchNorm.
class ConvNormImpl : public NormedConvolution, public torch::nn::Cloneable<ConvNormImpl> {
 public:
  ConvNormImpl(const ConvShape& shape, const models::NetworkOptions& options);
  explicit ConvNormImpl(const ConvShape& shape) : ConvNormImpl(shape, models::NetworkOptions{}) {}

  void reset() override { register_layers(); }

  /// [T, B, C, H, W] -> normalised currents [T, B, C', H', W'].
  torch::Tensor forward(const torch::Tensor& x);
};
TORCH_MODULE(ConvNorm);

/// A convolution, its BatchNorm and the neurons behind them: the unit all networks are made of.
/// Holds `conv`, `norm` and `neuron`.
class ConvNeuronImpl : public NormedConvolution,
                       public torch::nn::Cloneable<ConvNeuronImpl>,
                       public Unrolled {
 public:
  /// The neurons are those of options.neuron and run options.steps time steps.
  ConvNeuronImpl(const ConvShape& shape, const models::NetworkOptions& options);
  /// The same in a network of one's own.
  ConvNeuronImpl(const ConvShape& shape, const NeuronOptions& neuron, std::int64_t steps);

  void reset() override;

  /// Spikes [T, B, C', H', W'] of neurons driven by the normalised convolution of x [T, B, C, H,
  /// W]. An x of one time step is shown at all of them.
  torch::Tensor forward(const torch::Tensor& x) { return spikes(x).values; }

  /// The same with the spikes as bits; `residual`, where it is defined, is of the output's shape
  /// and joins before the neurons.
  ops::Spikes spikes(const ops::Spikes& x, const ops::Current& residual = {});

  /// The same where the layer's whole current is handed on as well (shortcuts of the current):
  /// `current` becomes sqrt(1/2) * (the normalised convolution + what it was), or, where it was
  /// undefined, the normalised convolution alone. It holds values [T, B, C, H, W].
  ops::Spikes spikes_with_current(const ops::Spikes& x, torch::Tensor& current);

  /// T of sequences that do not change over time. At most the options' steps.
  void set_steps(std::int64_t steps) override { steps_ = steps; }

 private:
  std::int64_t steps_of(const ops::Spikes& x) const;

  std::int64_t steps_;
};
TORCH_MODULE(ConvNeuron);

/// Global average pooling and a linear layer: [T, B, C, H, W] or [T, B, C] -> logits [T, B,
/// classes]. Holds `linear`.
class HeadImpl : public torch::nn::Cloneable<HeadImpl>, public Observable {
 public:
  /// The logits are multiplied by `scale`.
  HeadImpl(std::int64_t in, std::int64_t classes, double scale = 1);

  void reset() override;

  torch::Tensor forward(const torch::Tensor& x);

  torch::Tensor weight() const;

 private:
  std::int64_t in_;
  std::int64_t classes_;
  double scale_;
};
TORCH_MODULE(Head);

}  // namespace staa::nn
