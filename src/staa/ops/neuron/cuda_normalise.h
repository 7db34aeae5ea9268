#pragma once

#include "staa/ops/neuron/normalise.h"

/// BatchNorm of sequences on a CUDA device, on its current stream.
namespace staa::ops::cuda {

/// normalise() of ops/neuron/normalise.h.
Normalised normalise(const torch::Tensor& values, const BatchNorm& norm);

/// normalise_backward() of ops/neuron/normalise.h.
template <class S>
NormaliseGradients normalise_backward(const NormaliseCall& call, const NormaliseSums<S>& sums);

}  // namespace staa::ops::cuda
