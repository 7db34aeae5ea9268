#pragma once

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/types.h>

#include <string>
#include <tuple>

#include "staa/kernels/cuda/stream.h"

/// All that card.cc and card_normalise.cc ask of CUDA and of LibTorch's own kernels for it. The
/// tests have another one, which stands for a card on machines without.
namespace staa::ops::card {

constexpr torch::DeviceType kDeviceType = torch::kCUDA;

/// Makes a device the current one.
using Guard = c10::cuda::CUDAGuard;

inline kernels::cuda::Stream current_stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

inline std::string device_name(const torch::Device& device) {
  const Guard guard(device);
  cudaDeviceProp properties{};
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, guard.current_device().index()));
  return properties.name;
}

/// Of `values` [N, C, H, W] the mean and 1 / sqrt(variance + eps) of every channel.
inline std::tuple<torch::Tensor, torch::Tensor> batch_statistics(const torch::Tensor& values,
                                                                 double eps) {
  return torch::batch_norm_stats(values, eps);
}

}  // namespace staa::ops::card
