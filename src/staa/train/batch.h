#pragma once

#include <torch/types.h>

#include "staa/data/loading/loader.h"

namespace staa::train {

/// A batch on its device.
struct TensorBatch {
  torch::Tensor inputs;  ///< as to_tensors() gives them
  torch::Tensor labels;  ///< [B], int64

  /// Which dimension of `inputs` is B: 0, or 1 behind the time steps.
  std::int64_t batch_dimension = 0;
};

/// Takes the batch's memory over without a copy. Its samples become
///   still images  [B, C, H, W]     frames of pixels  [T, B, C, H, W], channels-last
///   vectors       [B, C]           sequences         [T, B, C]
TensorBatch to_tensors(data::Batch&& batch, const data::SampleShape& shape, torch::Device device);

}  // namespace staa::train
