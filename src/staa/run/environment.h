#pragma once

#include <torch/types.h>

#include <string>

namespace staa::run {

/// Where and with what this process computes, as one line of JSON: "started" (UTC), "staa",
/// "libtorch", "compiler", "system", "processor", "cores", "threads" and "device"; on a graphics
/// card its name as "card", where staa has kernels for it.
std::string describe_environment(torch::Device device);

}  // namespace staa::run
