#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "staa/nn/observe.h"

namespace staa::nn {

/// A frozen stem for still images: a 2x2 convolution followed by ReLU, [T, B, C, H, W] -> [T, B,
/// 8C, H - 1, W - 1]. The filters are the principal axes of 2x2 patches, scaled to a second moment
/// of about 1, and their negatives. Holds the buffer `weight` [8C, C, 2, 2], which is 0 until fit()
/// is called.
class WhiteningImpl : public torch::nn::Cloneable<WhiteningImpl>, public Observable {
 public:
  explicit WhiteningImpl(std::int64_t channels);

  void reset() override;

  /// Computes the filters from the patches of `images` [N, C, H, W].
  void fit(const torch::Tensor& images);

  torch::Tensor forward(const torch::Tensor& x);

  std::int64_t out_channels() const { return weight_.size(0); }

 private:
  std::int64_t channels_;
  torch::Tensor weight_;
};
TORCH_MODULE(Whitening);

}  // namespace staa::nn
