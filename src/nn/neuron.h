#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "staa/nn/blocks.h"
#include "staa/nn/observe.h"
#include "staa/ops/input.h"
#include "staa/ops/parameters.h"
#include "staa/ops/spikes.h"
#include "staa/options/neuron.h"

namespace staa::nn {

/// A layer of spiking neurons: turns a sequence of currents into spikes of the same shape. Drops
/// into any convolutional network behind a convolution and its normalisation. The membrane starts
/// at 0 in every call and is not kept between calls.
class Neuron : public torch::nn::Module, public Observable {
 public:
  /// X [T, B, C, H, W], floating point, best channels-last inside a step, as one tensor or as what
  /// it is made of -> spikes (0 or 1). Throws Error(kRuntime) when a shape does not fit the layer.
  /// The observer sees the main current's values.
  torch::Tensor forward(const ops::NeuronInput& input) { return spikes(input).values; }
  /// The same, with the spikes as bits too, for a convolution that reads them next.
  ops::Spikes spikes(const ops::NeuronInput& input);

  /// Called before every forward pass with all that drives the layer.
  using InputObserver = std::function<void(const ops::NeuronInput& input)>;
  void set_input_observer(InputObserver observer) { input_observer_ = std::move(observer); }

  const NeuronOptions& options() const { return options_; }
  void set_activation(Activation activation) { options_.activation = activation; }
  std::int64_t channels() const { return channels_; }

 protected:
  Neuron(const NeuronOptions& options, std::int64_t channels);

  virtual ops::Spikes fire(const ops::NeuronInput& input) = 0;

  NeuronOptions options_;
  std::int64_t channels_;

 private:
  InputObserver input_observer_;
};

/// Leaky integrate-and-fire (Eq. 1-3). No parameters.
class Lif : public Neuron {
 public:
  Lif(const NeuronOptions& options, std::int64_t channels);

 protected:
  ops::Spikes fire(const ops::NeuronInput& input) override;
};

/// LIF with learnable decay M (named `decay`) and gain N (`gain`), one a channel (Eq. 6). They
/// start at the values of a LIF of the same tau: M = 1 - 1/tau, N = 1/tau.
class AdaptiveLif : public Neuron {
 public:
  AdaptiveLif(const NeuronOptions& options, std::int64_t channels);

 protected:
  ops::Spikes fire(const ops::NeuronInput& input) override;

 private:
  torch::Tensor decay_;
  torch::Tensor gain_;
};

/// LIF with the spatial-temporal attention aggregator (Eq. 7-14). Parameters are named `pe`,
/// `gc1.key|query|norm|value.weight|bias`, `gc2. ...` and `sa.reduce|expand.weight|bias`; a block
/// that is switched off has none. A sinusoidal `pe` is a buffer of that name.
class StaaLif : public Neuron {
 public:
  /// `steps` is T, the length of the position encoding. A longer sequence is refused when PE is on;
  /// a shorter one uses the first rows.
  StaaLif(const NeuronOptions& options, std::int64_t channels, std::int64_t steps);

  ops::StaaLifParameters weights() const;

  /// Rows from `known` on of a learned encoding become copies of row known - 1.
  void repeat_encoding(std::int64_t known);

  /// TSRD's draws for one call of `steps` steps, from LibTorch's default generator: true where a
  /// step is dropped. Never true at t = 0 nor in evaluation.
  std::vector<bool> draw_dropped(std::int64_t steps) const;

 protected:
  ops::Spikes fire(const ops::NeuronInput& input) override;

 private:
  torch::Tensor pe_;
};

/// The neuron layer that `options.kind` names, for `channels` channels and `steps` time steps.
/// Throws Error(kUsage) for options out of range.
std::shared_ptr<Neuron> make_neuron(const NeuronOptions& options, std::int64_t channels,
                                    std::int64_t steps);

}  // namespace staa::nn
