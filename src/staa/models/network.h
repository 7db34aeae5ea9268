#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "staa/nn/modes.h"
#include "staa/nn/whitening.h"
#include "staa/options/network.h"

namespace staa::models {

/// A spiking classifier. Runs options().steps time steps.
class Network : public virtual torch::nn::Module, public nn::Unrolled {
 public:
  /// x: still images [B, C, H, W], shown at every step (their first convolution runs once), or T
  /// real frames [T, B, C, H, W]. Returns the logits of every step, [T, B, classes]; the prediction
  /// is their mean over T.
  torch::Tensor forward(const torch::Tensor& x);

  const NetworkOptions& options() const { return options_; }

  /// Time steps that still images are shown for: options().steps unless set to fewer. Real frames
  /// are options().steps always.
  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) override;

  /// What convolutions compute in.
  void set_precision(Precision precision);

  /// The frozen stem that is to be fitted to images before training, or an empty holder.
  virtual nn::Whitening whitening() { return nullptr; }

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
