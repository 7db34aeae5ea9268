#pragma once

#include <cstddef>

/// Errors of the kernels for graphics cards, apart from what nvcc compiles.
namespace staa::kernels::cuda {

/// Throws Error(kRuntime) that names the kernel and the reason.
[[noreturn]] void fail_launch(const char* kernel, const char* reason);

/// Throws Error(kRuntime) unless kernels take sequences of so many steps.
void check_steps(std::size_t steps, std::size_t most);

}  // namespace staa::kernels::cuda
