#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "staa/data/normalisation.h"
#include "staa/data/source.h"
#include "staa/train/loss_scale.h"
#include "staa/train/optimizer.h"
#include "staa/train/weight_average.h"

namespace staa::train {

/// Where a run stands. Sums of the epoch in progress are kept, so that a run stopped in its middle
/// reports the same figures at its end.
struct Progress {
  std::int64_t epoch = 0;            ///< complete epochs
  std::int64_t batch = 0;            ///< complete batches of the epoch in progress
  std::int64_t step = 0;             ///< complete training steps of the whole run
  double loss_sum = 0;               ///< of the epoch in progress, over samples
  std::int64_t hits = 0;             ///< top-1 in training, likewise
  std::int64_t samples = 0;          ///< seen in the epoch in progress
  std::int64_t skipped = 0;          ///< corrupt ones of the epoch in progress that were left out
  double seconds = 0;                ///< of training, over all starts of the run
  double best_top1 = -1;             ///< of the evaluations so far, in percent; -1 before the first
  std::int64_t best_epoch = 0;       ///< its epoch, counted from 1
  std::int64_t evaluated_step = -1;  ///< where `step` stood in the newest evaluation
  LossScale loss_scale;              ///< stays 1 where the recipe scales no loss
};

/// What a network was trained to read, kept with its weights so that they can be used where the
/// training set is not at hand.
struct InputDescription {
  data::SampleShape shape;
  std::vector<std::string> classes;
  data::Normalisation normalisation;  ///< of images; empty for data that are not normalised
};

/// What does not change in the course of a run.
struct RunDescription {
  std::string recipe;  ///< as to_toml prints it
  InputDescription input;
};

/// Writes everything that the run needs to go on, as one safetensors file, whole or not at all:
/// weights and buffers under their own names, the optimiser's state under "optimizer/", averaged
/// weights, if there are any, under "average/", the random generator under "random/cpu", and
/// progress and description in the metadata.
void save_checkpoint(const std::filesystem::path& path, const torch::nn::Module& network,
                     const Optimizer& optimizer, const WeightAverage* average,
                     const Progress& progress, const RunDescription& description);

/// The weights, buffers, progress and description alone.
void save_weights(const std::filesystem::path& path, const torch::nn::Module& network,
                  const Progress& progress, const RunDescription& description);

/// Puts a checkpoint of save_checkpoint back into network, optimiser and LibTorch's default
/// generator. All weights are checked before any is changed. Throws Error(kInput) naming the
/// file and the tensor: missing, unexpected, of another shape or type.
Progress load_checkpoint(const std::filesystem::path& path, torch::nn::Module& network,
                         Optimizer& optimizer, WeightAverage* average = nullptr);

/// Puts the weights and buffers of either kind of file into `network`, averaged ones where the file
/// has them; same errors.
Progress load_weights(const std::filesystem::path& path, torch::nn::Module& network);

/// The progress in either kind of file.
Progress load_progress(const std::filesystem::path& path);

/// The description in either kind of file.
RunDescription load_description(const std::filesystem::path& path);

}  // namespace staa::train
