#pragma once

#include <torch/types.h>

#include <string>

namespace staa::run {

/// Describes the machine and software that this process runs on, as one line of JSON: "started"
/// (UTC), "staa", "libtorch", "compiler", "system", "processor", "cores", "threads" and "device".
/// For a GPU that staa has kernels for, "gpu" is its name.
std::string describe_environment(torch::Device device);

}  // namespace staa::run
