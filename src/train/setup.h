#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "staa/data/loader.h"
#include "staa/data/open.h"
#include "staa/models/network.h"
#include "staa/recipe/recipe.h"
#include "staa/train/checkpoint.h"

namespace staa::train {

/// Describes the training half of an opened data set.
InputDescription describe_input(const data::Dataset& training);

/// The options of the recipe's network for such inputs.
models::NetworkOptions network_options(const recipe::Recipe& recipe, const InputDescription& input);

/// Opens the recipe's data set.
data::Splits open_data(const recipe::Recipe& recipe);

/// Shuffled and augmented as the recipe says. Everything drawn follows from recipe.seed.
std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Dataset> training,
                                              const InputDescription& input,
                                              const recipe::Recipe& recipe);

/// In order, normalised only, in batches of recipe.train.eval_batch. Throws Error(kInput) when the
/// images' shape or the number of classes is not what `input` says.
std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Dataset> test,
                                                const InputDescription& input,
                                                const recipe::Recipe& recipe);

/// LibTorch's threads: recipe.threads, or all cores for 0.
void set_threads(std::int64_t threads);

/// The device that the recipe names; "auto" is CUDA where there is one. Throws Error(kUsage) when
/// CUDA is asked for and there is none.
torch::Device choose_device(const recipe::Recipe& recipe);

/// A batch on its device.
struct TensorBatch {
  torch::Tensor images;  ///< [B, C, H, W], channels-last
  torch::Tensor labels;  ///< [B], int64
};

/// Takes the batch's memory over without a copy.
TensorBatch to_tensors(data::Batch&& batch, const data::ImageShape& shape, torch::Device device);

}  // namespace staa::train
