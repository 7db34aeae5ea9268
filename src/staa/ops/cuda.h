#pragma once

#include <torch/types.h>

#include <string>

/// Queries about CUDA devices for the layers above ops.
namespace staa::ops::cuda {

/// Whether this build has kernels for CUDA devices.
bool has_kernels();

/// The name that the device reports, such as "NVIDIA H100 PCIe". Empty for the processor and in
/// builds without CUDA.
std::string device_name(const torch::Device& device);

}  // namespace staa::ops::cuda
