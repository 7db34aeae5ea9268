#include "staa/ops/average_pool.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include "staa/kernels/average_pool.h"
#include "staa/ops/elements.h"
#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

kernels::PoolShape shape_of(at::IntArrayRef sizes) {
  return {static_cast<std::size_t>(sizes[2]), static_cast<std::size_t>(sizes[3]),
          static_cast<std::size_t>(sizes[1])};
}

/// Calls f(count, large, small) for each share of the images. `large` and `small` are the offsets
/// of its first image in the unpooled and the pooled images.
template <class F>
void for_images(std::int64_t images, const kernels::PoolShape& shape, const F& f) {
  at::parallel_for(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
    const auto first = static_cast<std::size_t>(begin);
    f(static_cast<std::size_t>(end) - first, first * shape.size(), first * shape.pooled_size());
  });
}

struct AveragePool : torch::autograd::Function<AveragePool> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    context->saved_data["sizes"] = x.sizes().vec();
    const auto shape = shape_of(x.sizes());
    auto y = torch::empty({x.size(0), x.size(1), (x.size(2) + 1) / 2, (x.size(3) + 1) / 2},
                          x.options().memory_format(kChannelsLast));
    with_element(x.scalar_type(), [&](auto zero) {
      using S = decltype(zero);
      for_images(x.size(0), shape, [&](std::size_t images, std::size_t large, std::size_t small) {
        kernels::average_pool2(data<S>(x) + large, images, shape, data<S>(y) + small);
      });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const auto shape = shape_of(sizes);
    const auto dy = gradients[0].contiguous(kChannelsLast);
    auto dx = torch::empty(sizes, dy.options().memory_format(kChannelsLast));
    with_element(dy.scalar_type(), [&](auto zero) {
      using S = decltype(zero);
      for_images(sizes[0], shape, [&](std::size_t images, std::size_t large, std::size_t small) {
        kernels::average_pool2_backward(data<S>(dy) + small, images, shape, data<S>(dx) + large);
      });
    });
    return {dx};
  }
};

}  // namespace

Tensor average_pool2(const Tensor& x) {
  if (UseReference::active() || !x.is_cpu() || !is_element(x.scalar_type()) || x.dim() != 4 ||
      x.numel() == 0 || !x.is_contiguous(kChannelsLast)) {
    return torch::avg_pool2d(x, 2, /*stride=*/2, /*padding=*/0, /*ceil_mode=*/true);
  }
  return AveragePool::apply(x);
}

}  // namespace staa::ops
