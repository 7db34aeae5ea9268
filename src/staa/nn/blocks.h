#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::nn {

/// Global-context block (Eq. 7-10) over C channels: holds `key`, `query`, `norm` and `value`.
class GlobalContextImpl : public torch::nn::Cloneable<GlobalContextImpl> {
 public:
  /// `reduction` is r: the block works on max(1, C / r) channels. With `zero_start` the value
  /// convolution starts at 0, so that the block starts as the identity.
  GlobalContextImpl(std::int64_t channels, std::int64_t reduction, bool zero_start);

  void reset() override;

  /// [B, C, H, W] -> [B, C, H, W].
  torch::Tensor forward(const torch::Tensor& x);

  ops::GcParameters weights() const;

 private:
  std::int64_t channels_;
  std::int64_t reduction_;
  bool zero_start_;
};
TORCH_MODULE(GlobalContext);

/// Step-attention block (Eq. 12) over C channels: holds `reduce` and `expand`.
class StepAttentionImpl : public torch::nn::Cloneable<StepAttentionImpl> {
 public:
  /// The block works on max(4, C / sa_reduction) channels; sa_alpha and sa_gain set how alpha
  /// enters.
  StepAttentionImpl(std::int64_t channels, const NeuronOptions& options);

  void reset() override;

  /// [B, C, H, W] -> [B, C, H, W].
  torch::Tensor forward(const torch::Tensor& u);

  ops::SaParameters weights() const;

 private:
  std::int64_t channels_;
  NeuronOptions options_;
};
TORCH_MODULE(StepAttention);

}  // namespace staa::nn
