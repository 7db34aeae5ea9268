#pragma once

#include <torch/types.h>

#include <cstdint>

#include "staa/recipe/recipe.h"

namespace staa::run {

/// LibTorch's threads: recipe.threads, or for 0 what OMP_NUM_THREADS says, or where it says nothing
/// all cores, which the machine's `processes` share.
void set_threads(std::int64_t threads, std::int64_t processes = 1);

/// The device that the recipe names; "auto" is CUDA where there is one. Process `local_rank` of a
/// machine takes a device of its own, counted from that of "cuda:N" or the first. Throws
/// Error(kUsage) where the recipe or the process asks for a CUDA device that is not there.
torch::Device choose_device(const recipe::Recipe& recipe, std::int64_t local_rank = 0);

/// Makes two runs on `device` the same to the bit: on CUDA cuDNN may take other algorithms, which
/// add up in whatever order threads come by.
void make_repeatable(torch::Device device);

/// Throws Error(kUsage) where a network cannot be trained in the recipe's precision on `device`.
void check_precision(const recipe::Recipe& recipe, torch::Device device);

}  // namespace staa::run
