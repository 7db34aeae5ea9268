#pragma once

#include "staa/ops/normalise.h"

namespace staa::ops::card {

/// Rows of sums over dX that the kernels left, `count` of C numbers each.
template <class T>
struct NormRows {
  const T* plain;
  const T* centred;
  std::size_t count;
};

/// normalise_backward() of ops/normalise.h, on the current stream.
template <class S>
NormaliseGradients normalise_backward(const torch::Tensor& values, const Normalised& normalised,
                                      const BatchNorm& norm, const torch::Tensor& dx,
                                      const NormRows<kernels::Compute<S>>& sums, bool in_place);

}  // namespace staa::ops::card
