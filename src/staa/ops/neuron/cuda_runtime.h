#pragma once

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/types.h>

#include <string>
#include <tuple>

#include "staa/kernels/cuda/stream.h"

/// Everything that cuda_backend.cc and cuda_normalise.cc need from CUDA and from LibTorch's CUDA
/// kernels. The tests replace this header by one in which the processor acts as the CUDA device.
namespace staa::ops::cuda {

constexpr torch::DeviceType kDeviceType = torch::kCUDA;

/// Makes a device the current one.
using Guard = c10::cuda::CUDAGuard;

inline kernels::cuda::Stream current_stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

inline std::string read_name(const torch::Device& device) {
  const Guard guard(device);
  cudaDeviceProp properties{};
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, guard.current_device().index()));
  return properties.name;
}

/// Returns the mean and 1 / sqrt(variance + eps) of every channel of `values` [N, C, H, W].
inline std::tuple<torch::Tensor, torch::Tensor> batch_statistics(const torch::Tensor& values,
                                                                 double eps) {
  return torch::batch_norm_stats(values, eps);
}

}  // namespace staa::ops::cuda
