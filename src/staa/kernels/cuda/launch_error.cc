#include "staa/kernels/cuda/launch_error.h"

#include "staa/util/error.h"

namespace staa::kernels::cuda {

void fail_launch(const char* kernel, const char* reason) {
  fail(ErrorKind::kRuntime, "CUDA kernel {}: {}", kernel, reason);
}

void check_steps(std::size_t steps, std::size_t most) {
  if (steps > most) {
    fail(ErrorKind::kRuntime, "CUDA neurons take at most {} time steps, found {}", most, steps);
  }
}

}  // namespace staa::kernels::cuda
