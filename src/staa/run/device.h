#pragma once

#include <torch/types.h>

#include <cstdint>

#include "staa/recipe/recipe.h"

namespace staa::run {

/// Sets the number of LibTorch's threads: `threads`, or if that is 0 the number in OMP_NUM_THREADS.
/// If that is not set either, the machine's `processes` share all cores.
void set_threads(std::int64_t threads, std::int64_t processes = 1);

/// The device that the recipe names; "auto" is CUDA if available. Each process of a machine,
/// numbered by `local_rank`, takes its own device, counted from N for "cuda:N" and from 0
/// otherwise. Throws Error(kUsage) if the CUDA device for the recipe or the process does not exist.
torch::Device choose_device(const recipe::Recipe& recipe, std::int64_t local_rank = 0);

/// Makes two runs on `device` identical to the bit. On CUDA, cuDNN may otherwise choose algorithms
/// whose summation order varies.
void make_repeatable(torch::Device device);

/// Throws Error(kUsage) if a network cannot be trained in the recipe's precision on `device`.
void check_precision(const recipe::Recipe& recipe, torch::Device device);

}  // namespace staa::run
