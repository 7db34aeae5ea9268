#pragma once

#include <cstddef>

/// Errors of the kernels for GPUs. They are separate from the code that nvcc compiles.
namespace staa::kernels::cuda {

/// Throws Error(kRuntime) that names the kernel and the reason.
[[noreturn]] void fail_launch(const char* kernel, const char* reason);

/// Throws Error(kRuntime) if `steps` is more than `most`, the largest number of time steps.
void check_steps(std::size_t steps, std::size_t most);

}  // namespace staa::kernels::cuda
