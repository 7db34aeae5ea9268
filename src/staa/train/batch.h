#pragma once

#include <torch/types.h>

#include "staa/data/loading/loader.h"

namespace staa::train {

/// A batch on the training device.
struct TensorBatch {
  torch::Tensor inputs;  ///< in the layout that to_tensors() describes
  torch::Tensor labels;  ///< [B], int64

  /// The dimension of `inputs` that is B: 0, or 1 if time steps come first.
  std::int64_t batch_dimension = 0;
};

/// Turns a batch into tensors. The batch's memory is taken over without a copy. The shape of the
/// inputs depends on the kind of sample:
///   still images  [B, C, H, W]     frames of pixels  [T, B, C, H, W], channels-last
///   vectors       [B, C]           sequences         [T, B, C]
TensorBatch to_tensors(data::Batch&& batch, const data::SampleShape& shape, torch::Device device);

}  // namespace staa::train
