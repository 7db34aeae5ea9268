#pragma once

#include <torch/types.h>

#include <cstddef>

#include "staa/ops/elements.h"
#include "staa/ops/input.h"

namespace staa::ops {

/// BatchNorm of a sequence as one factor and one summand per channel, which are applied while the
/// sequence is read.
struct Normalised {
  /// [4, C]: mean; rstd = 1 / sqrt(variance + eps); scale = gamma * rstd; shift = beta - mean *
  /// scale. Undefined: no BatchNorm.
  torch::Tensor factors;

  bool defined() const { return factors.defined(); }

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

/// Computes the factors. In training it takes the statistics from `values`, in one pass, and
/// updates the running ones. `values` must be contiguous in memory as [N, B, H, W, C]; the norm's
/// tensors must be contiguous and of the arithmetic's type.
Normalised normalise(const torch::Tensor& values, const BatchNorm& norm);

/// The data from which the gradient of a BatchNorm is computed.
struct NormaliseCall {
  torch::Tensor values;  ///< before BatchNorm
  Normalised normalised;
  BatchNorm norm;         ///< without weight and bias
  torch::Tensor dx;       ///< the gradient of the normalised values
  bool in_place = false;  ///< write the gradient of the values over dx
};

/// Sums over dX that the kernels have computed: `count` rows of C numbers each.
template <class S>
struct NormaliseSums {
  using T = kernels::Compute<S>;
  const T* plain = nullptr;    ///< of dX
  const T* centred = nullptr;  ///< of dX * (values - mean)
  std::size_t count = 0;
};

/// Gradients of a normalised sequence.
struct NormaliseGradients {
  torch::Tensor values;
  torch::Tensor weight;
  torch::Tensor bias;
};

/// S is the element type of the sequences. If the batch is spread over processes, the gradients of
/// weight and bias contain only the share of this process's samples.
template <class S>
NormaliseGradients normalise_backward(const NormaliseCall& call, const NormaliseSums<S>& sums);

}  // namespace staa::ops
