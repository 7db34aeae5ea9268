#include "staa/ops/convolution.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "staa/kernels/winograd/winograd.h"
#include "staa/ops/convolution_shape.h"
#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

using kernels::ConvolutionShape;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Calls f(range) for parts of [0, count) that may run in parallel.
template <class Range, class F>
void for_ranges(std::size_t count, const F& f) {
  const auto threads = std::max<std::int64_t>(1, at::get_num_threads());
  at::parallel_for(0, signed_size(count), (signed_size(count) + threads - 1) / threads,
                   [&](std::int64_t begin, std::int64_t end) {
                     f(Range{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
                   });
}

/// The convolution of `shape` by weights that are transformed for `use`.
Tensor convolve_winograd(const ConvolutionShape& shape, kernels::WinogradUse use, const Tensor& x,
                         const Tensor& weight) {
  const auto input = x.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto weights = weight.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto transformed =
      torch::empty({signed_size(kernels::winograd_weights_size(shape))}, x.options());
  for_ranges<kernels::PanelRange>(kernels::winograd_panels(shape), [&](auto panels) {
    kernels::winograd_weights(shape, use, weights.data_ptr<float>(), transformed.data_ptr<float>(),
                              panels);
  });
  auto y = torch::empty({signed_size(shape.images), signed_size(shape.out),
                         signed_size(shape.height), signed_size(shape.width)},
                        x.options().memory_format(torch::MemoryFormat::ChannelsLast));
  for_ranges<kernels::TileRange>(kernels::winograd_tiles(shape), [&](auto tiles) {
    kernels::winograd_convolution(shape, input.data_ptr<float>(), transformed.data_ptr<float>(),
                                  y.data_ptr<float>(), tiles);
  });
  return y;
}

/// Each thread sums the gradient of its part of the tiles; the parts are then added in order.
Tensor winograd_weight_gradient(const ConvolutionShape& shape, const Tensor& x, const Tensor& dy,
                                const Tensor& weight) {
  const auto input = x.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto gradient = dy.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto tiles = kernels::winograd_tiles(shape);
  // The sums are as large as the transformed weights, so that a part must be worth them.
  constexpr std::size_t kLeastTiles = 64;
  const auto parts = std::clamp<std::size_t>(tiles / kLeastTiles, 1,
                                             static_cast<std::size_t>(at::get_num_threads()));
  const auto sums = torch::zeros(
      {signed_size(parts), signed_size(kernels::winograd_weights_size(shape))}, weight.options());
  at::parallel_for(0, signed_size(parts), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      kernels::winograd_weight_gradient(shape, input.data_ptr<float>(), gradient.data_ptr<float>(),
                                        sums.data_ptr<float>() + signed_size(i) * sums.size(1),
                                        {i * tiles / parts, (i + 1) * tiles / parts});
    }
  });
  auto dweight = torch::empty(weight.sizes(),
                              weight.options().memory_format(torch::MemoryFormat::ChannelsLast));
  for_ranges<kernels::PanelRange>(kernels::winograd_panels(shape), [&](auto panels) {
    kernels::restore_winograd_weights(shape, sums.data_ptr<float>(), parts,
                                      dweight.data_ptr<float>(), panels);
  });
  return dweight;
}

struct WinogradConvolution : torch::autograd::Function<WinogradConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight) {
    context->save_for_backward({x, weight});
    return convolve_winograd(convolution_shape(x, weight, 1, 1), kernels::WinogradUse::kForward, x,
                             weight);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& weight = saved[1];
    const bool of_x = context->needs_input_grad(0);
    const bool of_weight = context->needs_input_grad(1);
    // With create_graph the gradients need derivatives, which LibTorch's have.
    const bool fast = !torch::GradMode::is_enabled();
    auto all = convolution_gradients(fast, gradients[0], x, weight, 1, 1, of_x, of_weight);
    return {std::move(all.x), std::move(all.weight)};
  }
};

}  // namespace

bool uses_winograd(const Tensor& x, const Tensor& weight, std::int64_t stride,
                   std::int64_t padding) {
  if (UseReference::active() || x.dim() != 4 || weight.dim() != 4 || !x.device().is_cpu() ||
      !weight.device().is_cpu() || x.scalar_type() != torch::kFloat ||
      weight.scalar_type() != torch::kFloat || x.size(1) != weight.size(1) || weight.size(2) != 3 ||
      weight.size(3) != 3 || stride != 1 || padding != 1) {
    return false;
  }
  const auto shape = convolution_shape(x, weight, stride, padding);
  return kernels::takes_winograd(shape) && kernels::winograd_pays(shape);
}

Tensor dense_convolution(const Tensor& x, const Tensor& weight, std::int64_t stride,
                         std::int64_t padding) {
  const bool winograd = uses_winograd(x, weight, stride, padding);
  if (winograd && torch::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad())) {
    return WinogradConvolution::apply(x, weight);
  }
  return dense_convolution_by(winograd, x, weight, stride, padding);
}

Tensor dense_convolution_by(bool winograd, const Tensor& x, const Tensor& weight,
                            std::int64_t stride, std::int64_t padding) {
  if (!winograd) return torch::conv2d(x, weight, {}, stride, padding);
  return convolve_winograd(convolution_shape(x, weight, stride, padding),
                           kernels::WinogradUse::kForward, x, weight);
}

ConvolutionGradients convolution_gradients(bool winograd, const Tensor& dy, const Tensor& x,
                                           const Tensor& weight, std::int64_t stride,
                                           std::int64_t padding, bool of_x, bool of_weight) {
  if (!winograd) {
    auto all =
        at::convolution_backward(dy, x, weight, c10::nullopt, {stride, stride}, {padding, padding},
                                 {1, 1}, false, {0, 0}, 1, {of_x, of_weight, false});
    return {std::move(std::get<0>(all)), std::move(std::get<1>(all))};
  }
  const auto shape = convolution_shape(x, weight, stride, padding);
  ConvolutionGradients gradients;
  if (of_x) {
    auto rotated = shape;
    std::swap(rotated.in, rotated.out);
    gradients.x = convolve_winograd(rotated, kernels::WinogradUse::kInputGradient, dy, weight);
  }
  if (of_weight) gradients.weight = winograd_weight_gradient(shape, x, dy, weight);
  return gradients;
}

}  // namespace staa::ops
