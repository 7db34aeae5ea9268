#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "staa/options/network.h"

namespace staa::nn {
class Whitening;
}

namespace staa::models {

/// A spiking classifier. Runs options().steps time steps.
class Network : public torch::nn::Module {
 public:
  /// x: still images [B, C, H, W], shown at every step (their first convolution runs once), or T
  /// real frames [T, B, C, H, W]. Returns the logits of every step, [T, B, classes]; the prediction
  /// is their mean over T.
  torch::Tensor forward(const torch::Tensor& x);

  const NetworkOptions& options() const { return options_; }

  /// Time steps that still images are shown for: options().steps unless set to fewer. Real frames
  /// are options().steps always.
  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps);

  /// What all neurons hand on; options().neuron.activation unless set.
  void set_activation(Activation activation);

  /// What convolutions compute in.
  void set_precision(Precision precision);

  /// The rows of learned position encodings from `known` on become copies of the last one before
  /// them: where T grows, the steps that are new begin as the last one that was trained.
  void repeat_encodings(std::int64_t known);

  /// The frozen stem that is to be fitted to images before training, or null.
  virtual nn::Whitening* whitening() { return nullptr; }

 protected:
  explicit Network(const NetworkOptions& options) : options_(options), steps_(options.steps) {}

  /// x [T or 1, B, C, H, W] -> logits [T, B, classes].
  virtual torch::Tensor run(const torch::Tensor& x) = 0;

  /// A channel count of the paper scaled by the width factor: rounded, at least 1.
  std::int64_t scaled(std::int64_t channels) const {
    const auto value = std::llround(static_cast<double>(channels) * options_.width);
    return std::max<std::int64_t>(1, value);
  }

  NetworkOptions options_;

 private:
  std::int64_t steps_;
};

}  // namespace staa::models
