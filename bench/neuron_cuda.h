#pragma once

#include <cstdint>
#include <vector>

namespace staa::bench {

struct CudaShape {
  std::int64_t steps;
  std::int64_t batch;
  std::int64_t channels;
  std::int64_t size;  ///< height and width
};

/// Prints forward and backward times of LIF and STAA-LIF neurons on a GPU, for the fused kernels
/// and the reference composition, in float and fp16, with the fraction of the GPU's memory
/// bandwidth that they reach. Then prints the times of the published setting, N = 64 and C = 65,536
/// in fp16. Returns the exit code. Without a GPU it prints one line that says so and returns 0.
int neurons_on_cuda(const std::vector<CudaShape>& shapes, int rounds, bool json);

}  // namespace staa::bench
