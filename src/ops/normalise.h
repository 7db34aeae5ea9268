#pragma once

#include "staa/ops/input.h"

namespace staa::ops {

/// BatchNorm of a sequence as a factor and a summand a channel, so that whoever reads the sequence
/// can apply it on the way.
struct Normalised {
  torch::Tensor mean;   ///< [C]
  torch::Tensor rstd;   ///< [C], 1 / sqrt(variance + eps)
  torch::Tensor scale;  ///< [C], gamma * rstd
  torch::Tensor shift;  ///< [C], beta - mean * scale
};

/// Statistics in one pass over `values`, contiguous in memory as [N, B, H, W, C]; in training the
/// running ones are updated.
Normalised normalise(const torch::Tensor& values, const BatchNorm& norm);

/// The same factors from saved statistics.
Normalised normalise(const BatchNorm& norm, const torch::Tensor& mean, const torch::Tensor& rstd);

/// Gradients of a normalised sequence.
struct NormaliseGradients {
  torch::Tensor values;
  torch::Tensor weight;
  torch::Tensor bias;
};

/// From dX, its sum over each channel and that of dX * (values - mean). Of `norm` its way of
/// working alone counts. Where the batch is spread over processes, so are the gradients of weight
/// and bias: each has the part of its own samples. `in_place`: the gradient of
/// the values takes the memory of dX.
NormaliseGradients normalise_backward(const torch::Tensor& values, const Normalised& normalised,
                                      const BatchNorm& norm, const torch::Tensor& dx,
                                      const torch::Tensor& sum, const torch::Tensor& sum_centred,
                                      bool in_place);

}  // namespace staa::ops
