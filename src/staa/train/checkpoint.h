#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "staa/train/optimizer.h"
#include "staa/train/progress.h"

namespace staa::train {

class Teacher;
class WeightAverage;

/// Texts that are stored with the weights, by key, for the caller to read back.
using Metadata = std::map<std::string, std::string>;

/// Copies of the weights that a checkpoint holds beside the weights themselves; null: none.
struct KeptCopies {
  WeightAverage* average = nullptr;
  Teacher* teacher = nullptr;
};

/// Writes everything that is needed to continue a training to one safetensors file, atomically.
/// Weights and buffers keep their own names. The optimiser's state is under "optimizer/", averaged
/// weights (if any) are under "average/", the teacher's (once it teaches) under "teacher/", and the
/// random generator is under "random/cpu". Progress and `metadata` are in the file's metadata.
void save_checkpoint(const std::filesystem::path& path, const torch::nn::Module& network,
                     const Optimizer& optimizer, const KeptCopies& copies, const Progress& progress,
                     const Metadata& metadata = {});

/// Writes only the weights, buffers, progress and metadata.
void save_weights(const std::filesystem::path& path, const torch::nn::Module& network,
                  const Progress& progress, const Metadata& metadata = {});

/// Restores a checkpoint of save_checkpoint() into the network, the optimiser and LibTorch's
/// default generator. All weights are checked before any of them is changed. Throws Error(kInput)
/// naming the file and the tensor if a tensor is missing, unexpected, or of another shape or type.
Progress load_checkpoint(const std::filesystem::path& path, torch::nn::Module& network,
                         Optimizer& optimizer, const KeptCopies& copies = {});

/// Loads the weights and buffers of either kind of file into `network`; averaged weights are
/// preferred if the file has them. Throws the same errors.
Progress load_weights(const std::filesystem::path& path, torch::nn::Module& network);

/// Reads the progress from either kind of file.
Progress load_progress(const std::filesystem::path& path);

/// Reads the metadata from either kind of file. Throws Error(kInput) if a key in `wanted` is
/// missing.
Metadata load_metadata(const std::filesystem::path& path,
                       const std::vector<std::string>& wanted = {});

}  // namespace staa::train
