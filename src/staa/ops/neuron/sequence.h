#pragma once

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <cstddef>

/// Sequences in the layout of the kernels: [T, B, C, H, W], each step channels-last.
namespace staa::ops {

/// The same values, [T, B, H, W, C] in memory.
inline torch::Tensor pixels_last(const torch::Tensor& x) {
  return x.flatten(0, 1).contiguous(torch::MemoryFormat::ChannelsLast).view(x.sizes());
}

/// Images [T * B, C, H, W] as a sequence in the layout of the kernels.
inline torch::Tensor in_steps(const torch::Tensor& images, std::int64_t batch) {
  return pixels_last(
      images.view({images.size(0) / batch, batch, images.size(1), images.size(2), images.size(3)}));
}

/// New memory in the shape and layout of x, but with this number of steps.
inline torch::Tensor like_sequence(const torch::Tensor& x, std::int64_t steps) {
  return torch::empty({steps * x.size(1), x.size(2), x.size(3), x.size(4)},
                      x.options().memory_format(torch::MemoryFormat::ChannelsLast))
      .view({steps, x.size(1), x.size(2), x.size(3), x.size(4)});
}

/// Calls f(image, offset, rows) for every image [rows, C] of a sequence in the kernels' layout,
/// with its index and the offset of its first value. Images may be taken in parallel.
template <class F>
void for_sequence_images(const torch::Tensor& sequence, const F& f) {
  const auto rows = static_cast<std::size_t>(sequence.size(3) * sequence.size(4));
  const auto size = rows * static_cast<std::size_t>(sequence.size(2));
  at::parallel_for(
      0, sequence.size(0) * sequence.size(1), 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          f(i, i * size, rows);
        }
      });
}

}  // namespace staa::ops
