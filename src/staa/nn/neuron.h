#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "staa/nn/cloneable.h"
#include "staa/nn/modes.h"
#include "staa/nn/observe.h"
#include "staa/ops/input.h"
#include "staa/ops/parameters.h"
#include "staa/ops/spikes.h"
#include "staa/options/neuron.h"

namespace staa::nn {

/// A layer of spiking neurons: turns a sequence of currents into spikes of the same shape. Drops
/// into any network behind a convolution or linear layer and its normalisation. The membrane starts
/// at 0 in every call and is not kept between calls. Lif, AdaptiveLif and StaaLif are its kinds.
class Neuron : public torch::nn::Module, public Observable, public Operated {
 public:
  /// Currents X of floating point, [T, B, C, H, W] (best channels-last inside a time step) or, of
  /// layers without pixels, [T, B, C] -> spikes, 0 or 1, of the same shape. Throws Error(kRuntime)
  /// when a shape does not fit the layer.
  torch::Tensor forward(const torch::Tensor& x);

  /// The same from what X is made of, the spikes as bits too: for a convolution that reads them
  /// next. The observer sees the main current's values.
  ops::Spikes spikes(const ops::NeuronInput& input);

  /// Called before every forward pass with all that drives the layer.
  using InputObserver = std::function<void(const ops::NeuronInput& input)>;
  void set_input_observer(InputObserver observer) { input_observer_ = std::move(observer); }

  const NeuronOptions& options() const { return options_; }
  void set_activation(Activation activation) { options_.activation = activation; }
  std::int64_t channels() const { return channels_; }

  void pretty_print(std::ostream& stream) const override;

 protected:
  /// Throws Error(kUsage) for options out of range.
  Neuron(const NeuronOptions& options, std::int64_t channels);

  virtual ops::Spikes fire(const ops::NeuronInput& input) = 0;

  NeuronOptions options_;
  std::int64_t channels_;

 private:
  InputObserver input_observer_;
};

/// Leaky integrate-and-fire (Eq. 1-3). No parameters.
class LifImpl : public Cloneable<LifImpl, Neuron> {
 public:
  LifImpl(const NeuronOptions& options, std::int64_t channels);

  void reset() override {}

 protected:
  ops::Spikes fire(const ops::NeuronInput& input) override;
};
TORCH_MODULE(Lif);

/// LIF with learnable decay M (named `decay`) and gain N (`gain`), one per channel (Eq. 6). They
/// start at the values of a LIF of the same tau: M = 1 - 1/tau, N = 1/tau.
class AdaptiveLifImpl : public Cloneable<AdaptiveLifImpl, Neuron> {
 public:
  AdaptiveLifImpl(const NeuronOptions& options, std::int64_t channels);

  void reset() override;

 protected:
  ops::Spikes fire(const ops::NeuronInput& input) override;

 private:
  torch::Tensor decay_;
  torch::Tensor gain_;
};
TORCH_MODULE(AdaptiveLif);

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). Parameters are named `pe`,
/// `gc1.key|query|norm|value.weight|bias`, `gc2. ...` and `sa.reduce|expand.weight|bias`; a block
/// that is switched off has none. A sinusoidal `pe` is a buffer of that name.
class StaaLifImpl : public Cloneable<StaaLifImpl, Neuron> {
 public:
  /// `steps` is T, the length of the position encoding. A longer sequence is refused when PE is on;
  /// a shorter one uses the first rows.
  StaaLifImpl(const NeuronOptions& options, std::int64_t channels, std::int64_t steps);

  void reset() override;

  ops::StaaLifParameters weights() const;

  /// Rows from `known` on of a learned encoding become copies of row known - 1.
  void repeat_encoding(std::int64_t known);

  /// TSRD's draws for one call of `steps` time steps, from LibTorch's default generator: true where
  /// a step is dropped. Never true at t = 0 nor in evaluation.
  std::vector<bool> draw_dropped(std::int64_t steps) const;

 protected:
  ops::Spikes fire(const ops::NeuronInput& input) override;

 private:
  std::int64_t steps_;
  torch::Tensor pe_;
};
TORCH_MODULE(StaaLif);

/// The neuron layer that `options.kind` names, for `channels` channels and `steps` time steps.
/// Throws Error(kUsage) for options out of range.
std::shared_ptr<Neuron> make_neuron(const NeuronOptions& options, std::int64_t channels,
                                    std::int64_t steps);

}  // namespace staa::nn
