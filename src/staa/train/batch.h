#pragma once

#include <torch/types.h>

#include "staa/data/loading/loader.h"

namespace staa::train {

/// A batch on the training device.
struct TensorBatch {
  torch::Tensor inputs;  ///< in the layout that to_tensors() describes
  torch::Tensor labels;  ///< [B], int64
};

/// The dimension of `inputs` that is B.
constexpr std::int64_t kBatchDimension = 1;

/// Turns a batch into tensors. The batch's memory is taken over without a copy. The inputs are
/// sequences: pixels [T, B, C, H, W], each step channels-last, or vectors [T, B, C]. Still images
/// and single vectors have T = 1.
TensorBatch to_tensors(data::Batch&& batch, const data::SampleShape& shape, torch::Device device);

}  // namespace staa::train
