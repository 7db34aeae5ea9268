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

/// Prints times of LIF and STAA-LIF neurons on a GPU, forward and backward, fused and as
/// the reference composition, in float and fp16, and the part of the GPU's memory bandwidth that
/// they reach; then those of the published setting, N = 64 and C = 65,536 in fp16. Returns the exit
/// code: 0 as well, with one line saying so, where there is no GPU.
int neurons_on_cuda(const std::vector<CudaShape>& shapes, int rounds, bool json);

}  // namespace staa::bench
