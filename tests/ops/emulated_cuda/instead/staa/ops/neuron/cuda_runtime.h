#pragma once

#include <torch/types.h>

#include <string>
#include <tuple>

#include "staa/kernels/cuda/stream.h"

/// Replaces src/staa/ops/neuron/cuda_runtime.h: the processor acts as the GPU.
namespace staa::ops::cuda {

constexpr torch::DeviceType kDeviceType = torch::kCPU;

struct Guard {
  explicit Guard(const torch::Device&) {}
};

inline kernels::cuda::Stream current_stream() { return nullptr; }

inline std::string read_name(const torch::Device&) { return "an emulated GPU"; }

inline std::tuple<torch::Tensor, torch::Tensor> batch_statistics(const torch::Tensor& values,
                                                                 double eps) {
  const auto type = values.scalar_type() == torch::kDouble ? torch::kDouble : torch::kFloat;
  const auto wide = values.to(type);
  return {wide.mean({0, 2, 3}), (wide.var({0, 2, 3}, /*unbiased=*/false) + eps).rsqrt()};
}

}  // namespace staa::ops::cuda
