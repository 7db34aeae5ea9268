#pragma once

#include <cstdint>

#include "staa/format/model_file.h"
#include "staa/kernels/inference/sparse_convolution.h"

/// Operation counts, by the same rules as `staa profile`.
namespace staa::runtime {

/// Multiply-adds of a convolution that reads its whole input.
double dense_operations(const kernels::SparseConvolution& shape);

/// Additions of a convolution of spikes: the number of outputs that each spike reaches, summed.
double spike_operations(const kernels::SparseConvolution& shape, const std::uint8_t* levels);

/// Multiply-adds of a whitening stem.
double whitening_operations(const format::ModelDescription& model, const format::Node& node);

/// Multiply-adds of the aggregator's blocks in one step.
double neuron_operations(const format::Node& node);

}  // namespace staa::runtime
