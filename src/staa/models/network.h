#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "staa/nn/layers.h"
#include "staa/nn/modes.h"
#include "staa/nn/whitening.h"
#include "staa/options/network.h"

namespace staa::models {

/// A spiking classifier that runs options().steps time steps.
class Network : public torch::nn::Module, public nn::Unrolled, public nn::Operated {
 public:
  /// x holds frames [T, B, C, H, W], or still images [1, B, C, H, W] or [B, C, H, W]. Still images
  /// are shown at every time step, but their first convolution is computed once. Returns the logits
  /// of every time step, [T, B, classes]; the prediction is their mean over T.
  torch::Tensor forward(const torch::Tensor& x);

  const NetworkOptions& options() const { return options_; }

  /// The number of time steps for still images: options().steps unless set_steps() has reduced it.
  /// Frames always take options().steps time steps.
  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) override;

  /// Sets the implementation of the network and of its layers.
  void set_operators(Operators operators) override;

  /// Sets the number format of all convolutions.
  void set_precision(Precision precision);

  /// The frozen stem, which must be fitted to images before training, or an empty holder.
  virtual nn::Whitening whitening() { return nullptr; }

 protected:
  explicit Network(const NetworkOptions& options);

  /// x [T or 1, B, C, H, W] -> logits [T, B, classes].
  virtual torch::Tensor run(const torch::Tensor& x) = 0;

  /// Runs a layer. With shortcuts of the current, `current` is the one that is passed along a chain
  /// of layers: see ConvNeuronImpl::spikes_with_current(). Otherwise it stays undefined.
  ops::Spikes fire(nn::ConvNeuronImpl& layer, const ops::Spikes& x, torch::Tensor& current) const {
    return has_shortcuts() ? layer.spikes_with_current(x, current) : layer.spikes(x);
  }
  bool has_shortcuts() const { return options_.shortcut == CurrentShortcut::kCurrent; }

  /// A channel count of the paper times the width factor, rounded, at least 1.
  std::int64_t scaled(std::int64_t channels) const {
    const auto value = std::llround(static_cast<double>(channels) * options_.width);
    return std::max<std::int64_t>(1, value);
  }

  NetworkOptions options_;

 private:
  std::int64_t steps_;
};

}  // namespace staa::models
