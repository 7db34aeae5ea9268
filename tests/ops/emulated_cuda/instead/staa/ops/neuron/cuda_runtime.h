#pragma once

#include <torch/types.h>

#include <string>
#include <tuple>

#include "staa/kernels/cuda/stream.h"

/// In place of src/ops/card_runtime.h: the processor stands for a card.
namespace staa::ops::card {

constexpr torch::DeviceType kDeviceType = torch::kCPU;

struct Guard {
  explicit Guard(const torch::Device&) {}
};

inline kernels::cuda::Stream current_stream() { return nullptr; }

inline std::string device_name(const torch::Device&) { return "an emulated card"; }

inline std::tuple<torch::Tensor, torch::Tensor> batch_statistics(const torch::Tensor& values,
                                                                 double eps) {
  const auto type = values.scalar_type() == torch::kDouble ? torch::kDouble : torch::kFloat;
  const auto wide = values.to(type);
  return {wide.mean({0, 2, 3}), (wide.var({0, 2, 3}, /*unbiased=*/false) + eps).rsqrt()};
}

}  // namespace staa::ops::card
