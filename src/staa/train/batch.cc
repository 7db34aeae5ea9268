#include "staa/train/batch.h"

#include <memory>
#include <utility>

namespace staa::train {

TensorBatch to_tensors(data::Batch&& batch, const data::SampleShape& shape, torch::Device device) {
  auto owner = std::make_shared<data::Batch>(std::move(batch));
  TensorBatch tensors;
  tensors.labels = torch::tensor(owner->labels, torch::kLong).to(device);
  const auto values = torch::from_blob(
      owner->values.data(), {shape.steps, owner->size, shape.height, shape.width, shape.channels},
      [owner](void*) {}, torch::kFloat);
  // Values stored as [B, H, W, C] are what LibTorch calls channels-last.
  const auto inputs = shape.pixels ? values.permute({0, 1, 4, 2, 3}) : values.flatten(2);
  tensors.inputs = inputs.to(device);
  return tensors;
}

}  // namespace staa::train
