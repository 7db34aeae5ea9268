#pragma once

#include "staa/ops/elements.h"
#include "staa/ops/input.h"

namespace staa::ops {

/// BatchNorm of a sequence as a factor and a summand a channel, so that whoever reads the sequence
/// can apply it on the way.
struct Normalised {
  /// [4, C]: mean; rstd = 1 / sqrt(variance + eps); scale = gamma * rstd; shift = beta - mean *
  /// scale. Undefined: no BatchNorm.
  torch::Tensor factors;

  template <class T>
  T* mean() const {
    return row<T>(0);
  }
  template <class T>
  T* rstd() const {
    return row<T>(1);
  }
  template <class T>
  T* scale() const {
    return row<T>(2);
  }
  template <class T>
  T* shift() const {
    return row<T>(3);
  }

 private:
  template <class T>
  T* row(std::int64_t i) const {
    return factors.defined() ? data<T>(factors) + i * factors.size(1) : nullptr;
  }
};

/// Statistics in one pass over `values`, contiguous in memory as [N, B, H, W, C]; in training the
/// running ones are updated. The norm's tensors are contiguous, of the arithmetic's type.
Normalised normalise(const torch::Tensor& values, const BatchNorm& norm);

/// Gradients of a normalised sequence.
struct NormaliseGradients {
  torch::Tensor values;
  torch::Tensor weight;
  torch::Tensor bias;
};

/// From dX and its sums over a sample, rows [B, C]: `sum` of dX, `sum_centred` of
/// dX * (values - mean). Of `norm` its way of working alone counts; where the batch is spread over
/// processes, each has the part of its own samples in the gradients of weight and bias. `in_place`:
/// the gradient of the values takes the memory of dX. S is the element of the sequences.
template <class S>
NormaliseGradients normalise_backward(const torch::Tensor& values, const Normalised& normalised,
                                      const BatchNorm& norm, const torch::Tensor& dx,
                                      const kernels::Compute<S>* sum,
                                      const kernels::Compute<S>* sum_centred, bool in_place);

}  // namespace staa::ops
