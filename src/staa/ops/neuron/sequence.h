#pragma once

#include <torch/types.h>

/// Sequences in the layout of the kernels: [T, B, C, H, W], each step channels-last.
namespace staa::ops {

/// The same values, [T, B, H, W, C] in memory.
inline torch::Tensor pixels_last(const torch::Tensor& x) {
  return x.flatten(0, 1).contiguous(torch::MemoryFormat::ChannelsLast).view(x.sizes());
}

/// New memory in the shape and layout of x, but with this number of steps.
inline torch::Tensor like_sequence(const torch::Tensor& x, std::int64_t steps) {
  return torch::empty({steps * x.size(1), x.size(2), x.size(3), x.size(4)},
                      x.options().memory_format(torch::MemoryFormat::ChannelsLast))
      .view({steps, x.size(1), x.size(2), x.size(3), x.size(4)});
}

}  // namespace staa::ops
