#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cmath>
#include <memory>

#include "staa/nn/cloneable.h"
#include "staa/nn/modes.h"
#include "staa/nn/neuron.h"
#include "staa/nn/observe.h"
#include "staa/ops/spikes.h"
#include "staa/options/network.h"

namespace staa::nn {

/// All layers below map sequences [T, B, C, H, W] to sequences; each time step is channels-last. A
/// T of 1 stands for a sequence that does not change over time, however many time steps the network
/// runs, so that the first convolution of a still image is computed once.

/// Applies `f` ([N, C, H, W] -> [N, C', H', W']) to all time steps at once, with N = T * B.
template <typename F>
torch::Tensor over_steps(const torch::Tensor& x, F f) {
  const auto y = f(x.flatten(0, 1));
  return y.view({x.size(0), x.size(1), y.size(1), y.size(2), y.size(3)});
}

/// 2x2 average pool with stride 2. An odd extent is rounded up, as for a convolution with stride 2;
/// windows that the border cuts off average the values that they contain.
torch::Tensor average_pool2(const torch::Tensor& x);

/// 2x2 maximum pool with stride 2; an odd last row or column is ignored. Spikes give spikes.
torch::Tensor max_pool2(const torch::Tensor& x);

/// The shape of a convolution. It is padded by kernel / 2, which keeps the extent at stride 1.
struct ConvShape {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  bool max_pool = false;  ///< apply max_pool2 between convolution and BatchNorm
  double gain = 1;        ///< initial scale of BatchNorm
};

/// What the sum of a layer's current and an earlier one is multiplied by, so that it starts with
/// the variance of the earlier one where that is 1: 1 / sqrt(1 + gain^2). `gain` is the start of
/// BatchNorm's scale.
inline double joint_share(double gain) { return 1 / std::sqrt(1 + gain * gain); }

/// The common base of ConvNorm and ConvNeuron: a square convolution without bias and its BatchNorm,
/// whose statistics are taken over T and B together. Holds `conv` and `norm`. Their options are
/// read at every batch; options that the fused operators do not support, such as a bias or
/// dilation, make the module compute itself. replace_module() may put another Conv2d or BatchNorm2d
/// in their place. Of the network's options this class reads start, norm_momentum and execution.
class NormedConvolution : public torch::nn::Module, public Observable, public Operated {
 public:
  /// Returns the convolution of x together with its BatchNorm, which the reader of the result
  /// applies. The observer sees the input and output of the convolution, without BatchNorm.
  ops::Current current(const ops::Spikes& x);

  torch::Tensor weight() const;
  std::int64_t stride() const;

  /// Sets the number format of the convolution.
  void set_precision(Precision precision) { options_.execution.precision = precision; }

  /// In training, `sum` adds the statistics of a batch over processes; {} uses this process's share
  /// alone.
  void share_statistics(ops::SumOverProcesses sum) { sum_ = std::move(sum); }

  void pretty_print(std::ostream& stream) const override;

 protected:
  NormedConvolution(const ConvShape& shape, const models::NetworkOptions& options)
      : shape_(shape), options_(options) {
    set_operators(options.execution.operators);
  }

  void register_layers();

  ConvShape shape_;
  models::NetworkOptions options_;

 private:
  ops::SumOverProcesses sum_;
};

/// A convolution and its BatchNorm.
class ConvNormImpl : public Cloneable<ConvNormImpl, NormedConvolution> {
 public:
  ConvNormImpl(const ConvShape& shape, const models::NetworkOptions& options);
  explicit ConvNormImpl(const ConvShape& shape) : ConvNormImpl(shape, models::NetworkOptions{}) {}

  void reset() override { register_layers(); }

  /// [T, B, C, H, W] -> normalised currents [T, B, C', H', W'].
  torch::Tensor forward(const torch::Tensor& x);
};
TORCH_MODULE(ConvNorm);

/// A convolution, its BatchNorm and the neurons that follow: the unit that all networks consist of.
/// Holds `conv`, `norm` and `neuron`.
class ConvNeuronImpl : public Cloneable<ConvNeuronImpl, NormedConvolution>, public Unrolled {
 public:
  /// The neurons have the options options.neuron and run options.steps time steps.
  ConvNeuronImpl(const ConvShape& shape, const models::NetworkOptions& options);
  /// For use in a user-defined network.
  ConvNeuronImpl(const ConvShape& shape, const NeuronOptions& neuron, std::int64_t steps);

  void reset() override;

  /// x [T, B, C, H, W] -> spikes [T, B, C', H', W'] of neurons driven by the normalised convolution
  /// of x. If x has one time step, it is shown at all of the layer's time steps.
  torch::Tensor forward(const torch::Tensor& x) { return spikes(x).values; }

  /// The same with the spikes packed as bits. If `residual` is defined, it has the output's shape
  /// and is added before the neurons.
  ops::Spikes spikes(const ops::Spikes& x, const ops::Current& residual = {});

  /// The same for shortcuts of the current, where the layer's whole current is passed on too.
  /// `current` holds an earlier layer's values [T, B, C, H, W]. It becomes joint_share(gain) * (the
  /// normalised convolution + its old value), or the normalised convolution alone if it was
  /// undefined. If the old value has twice the height and width, it is average-pooled over 2x2
  /// windows; an odd row or column is left out or makes windows of its own, as the sizes tell. If
  /// it has fewer channels, they are repeated; if it has more, the last ones are left out.
  ops::Spikes spikes_with_current(const ops::Spikes& x, torch::Tensor& current);

  /// What the last call did with currents.
  struct Currents {
    bool passed_on = false;
    std::int64_t joined = 0;  ///< values of an earlier one that were added, per image and time step
  };
  const Currents& currents() const { return currents_; }

  /// Sets T for sequences that do not change over time, at most the options' number of steps.
  void set_steps(std::int64_t steps) override { steps_ = steps; }

 private:
  std::int64_t steps_of(const ops::Spikes& x) const;

  std::int64_t steps_;
  Currents currents_;
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
