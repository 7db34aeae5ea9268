#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "staa/data/event_frames.h"
#include "staa/data/loader.h"
#include "staa/data/open.h"
#include "staa/models/network.h"
#include "staa/recipe/recipe.h"
#include "staa/train/checkpoint.h"

namespace staa::train {

/// The two halves of a data set as the network reads them, and what they have in common.
struct Sources {
  std::shared_ptr<const data::Source> train;  ///< augmented as the recipe says
  std::shared_ptr<const data::Source> test;   ///< not augmented
  InputDescription input;
};

/// What the recipe says of its data set.
data::DataOptions data_options(const recipe::Recipe& recipe);

/// Opens the recipe's data set. `known` is what a trained network reads: its normalisation is used
/// instead of the training half's own, and a data set of other samples or classes is refused with
/// Error(kInput).
Sources open_data(const recipe::Recipe& recipe, const InputDescription* known = nullptr);

/// The same for still images of one shape that are open already.
Sources image_sources(const data::Splits& images, const recipe::Recipe& recipe,
                      const InputDescription* known = nullptr);

/// Photographs of many sizes in a folder, decoded as they are read: ImageNet, and an image folder
/// with augment.random_resized_crop. Normalised by ImageNet's mean and deviation.
Sources photo_sources(const recipe::Recipe& recipe, const InputDescription* known = nullptr);

/// The two halves of a set of event recordings as frames.
struct EventSources {
  std::shared_ptr<const data::EventFrames> train;  ///< augmented as the recipe says
  std::shared_ptr<const data::EventFrames> test;   ///< not augmented
};

/// Opens the recipe's data set, which is one of recipe::is_event_set. T is model.steps.
EventSources open_events(const recipe::Recipe& recipe);

/// Throws Error(kInput) when samples of `set` have another shape or number of classes than `known`.
void check_input(const InputDescription& known, const data::Labelled& set,
                 const data::SampleShape& shape);

/// The options of the recipe's network for such inputs.
models::NetworkOptions network_options(const recipe::Recipe& recipe, const InputDescription& input);

/// Shuffled. Everything drawn follows from recipe.seed. Batches of recipe.train.batch are those of
/// all processes together, of which the loader has its share.
std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Source> training,
                                              const recipe::Recipe& recipe, data::Share share = {});

/// In order, in batches of recipe.train.eval_batch; of all processes together, likewise.
std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Source> test,
                                                const recipe::Recipe& recipe,
                                                data::Share share = {});

/// LibTorch's threads: recipe.threads, or for 0 what OMP_NUM_THREADS says, or where it says nothing
/// all cores, which the machine's `processes` share.
void set_threads(std::int64_t threads, std::int64_t processes = 1);

/// The device that the recipe names; "auto" is CUDA where there is one. Process `local_rank` of a
/// machine takes a device of its own, counted from that of "cuda:N" or the first. Throws
/// Error(kUsage) where the recipe or the process asks for a CUDA device that is not there.
torch::Device choose_device(const recipe::Recipe& recipe, std::int64_t local_rank = 0);

/// Makes two runs on `device` the same to the bit: on a card cuDNN may take other algorithms, which
/// add up in whatever order threads come by.
void make_repeatable(torch::Device device);

/// Throws Error(kUsage) where a network cannot be trained in the recipe's precision on `device`.
void check_precision(const recipe::Recipe& recipe, torch::Device device);

/// A batch on its device.
struct TensorBatch {
  torch::Tensor images;  ///< [B, C, H, W] still or [T, B, C, H, W], channels-last
  torch::Tensor labels;  ///< [B], int64

  /// Which dimension of `images` is B.
  std::int64_t batch_dimension() const { return images.dim() - 4; }
};

/// Takes the batch's memory over without a copy.
TensorBatch to_tensors(data::Batch&& batch, const data::SampleShape& shape, torch::Device device);

}  // namespace staa::train
