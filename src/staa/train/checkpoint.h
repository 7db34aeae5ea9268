#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "staa/train/optimizer.h"
#include "staa/train/progress.h"
#include "staa/train/weight_average.h"

namespace staa::train {

/// Texts kept with the weights, by their keys: what the caller wants to find there again.
using Metadata = std::map<std::string, std::string>;

/// Writes everything that a training needs to go on, as one safetensors file, whole or not at all:
/// weights and buffers under their own names, the optimiser's state under "optimizer/", averaged
/// weights, if there are any, under "average/", the random generator under "random/cpu", and
/// progress and `metadata` in the file's metadata.
void save_checkpoint(const std::filesystem::path& path, const torch::nn::Module& network,
                     const Optimizer& optimizer, const WeightAverage* average,
                     const Progress& progress, const Metadata& metadata = {});

/// The weights, buffers, progress and metadata alone.
void save_weights(const std::filesystem::path& path, const torch::nn::Module& network,
                  const Progress& progress, const Metadata& metadata = {});

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

/// The metadata in either kind of file. Throws Error(kInput) where one of `wanted` is missing.
Metadata load_metadata(const std::filesystem::path& path,
                       const std::vector<std::string>& wanted = {});

}  // namespace staa::train
