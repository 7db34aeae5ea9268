#include "staa/ops/spike_convolution.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "staa/kernels/spike_convolution.h"
#include "staa/kernels/spikes.h"
#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Firing rate above which the dense convolution is the faster one.
constexpr double kSparse = 0.35;

/// The geometry of a call, and its input's spikes as bits. Autograd carries it to the backward
/// pass.
struct Plan : torch::CustomClassHolder {
  kernels::ConvolutionShape shape;
  Tensor bits;
  bool sparse = false;
};

std::uint64_t* words(const Tensor& bits) {
  return reinterpret_cast<std::uint64_t*>(bits.data_ptr<std::int64_t>());
}

std::int64_t size(std::size_t value) { return static_cast<std::int64_t>(value); }

/// Packs x, which is channels-last, into plan.bits; false where it holds anything but 0 and 1.
template <class T>
bool pack(const Tensor& x, Plan& plan) {
  constexpr std::int64_t kWordsATask = 256;
  const auto count = x.numel();
  const auto all = size(kernels::spike_words(static_cast<std::size_t>(count)));
  const auto tasks = (all + kWordsATask - 1) / kWordsATask;
  plan.bits = torch::empty({all}, torch::kLong);
  const T* values = x.data_ptr<T>();
  std::atomic<bool> binary{true};
  std::atomic<std::size_t> fired{0};
  at::parallel_for(0, tasks, 16, [&](std::int64_t begin, std::int64_t end) {
    for (auto task = begin; task < end && binary; ++task) {
      const auto first = task * kWordsATask * size(kernels::kSpikesPerWord);
      const auto last = std::min(count, first + kWordsATask * size(kernels::kSpikesPerWord));
      const auto packed =
          kernels::pack_spikes(values + first, static_cast<std::size_t>(last - first),
                               words(plan.bits) + task * kWordsATask);
      if (!packed.binary) binary = false;
      fired += packed.fired;
    }
  });
  plan.sparse = static_cast<double>(fired) < kSparse * static_cast<double>(count);
  return binary;
}

/// An empty x of the plan's shape.
Tensor empty_input(const Plan& plan, const torch::TensorOptions& options) {
  const auto& shape = plan.shape;
  return torch::empty({size(shape.images), size(shape.in), size(shape.height), size(shape.width)},
                      options.memory_format(torch::MemoryFormat::ChannelsLast));
}

template <class T>
void unpack(const Plan& plan, Tensor& x) {
  at::parallel_for(0, plan.bits.numel(), 1024, [&](std::int64_t begin, std::int64_t end) {
    const auto first = begin * size(kernels::kSpikesPerWord);
    const auto last = std::min(x.numel(), end * size(kernels::kSpikesPerWord));
    kernels::unpack_spikes(words(plan.bits) + begin, static_cast<std::size_t>(last - first),
                           x.data_ptr<T>() + first);
  });
}

void for_channels(const kernels::ConvolutionShape& shape,
                  const std::function<void(kernels::ChannelRange)>& f) {
  at::parallel_for(0, size(shape.in), 8, [&](std::int64_t begin, std::int64_t end) {
    f({static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
}

template <class T>
Tensor forward_of(const Plan& plan, const Tensor& weight) {
  const auto& shape = plan.shape;
  const Tensor channels_last = weight.contiguous(torch::MemoryFormat::ChannelsLast);
  const Tensor ordered =
      torch::empty({size(kernels::ordered_weights_size(shape, T()))}, weight.options());
  for_channels(shape, [&](kernels::ChannelRange in) {
    kernels::order_weights(shape, channels_last.data_ptr<T>(), ordered.data_ptr<T>(), in);
  });
  const Tensor y = torch::empty(
      {size(shape.images), size(shape.out), size(shape.out_height()), size(shape.out_width())},
      weight.options().memory_format(torch::MemoryFormat::ChannelsLast));
  at::parallel_for(0, size(shape.images), 1, [&](std::int64_t begin, std::int64_t end) {
    kernels::spike_convolution(shape, words(plan.bits), ordered.data_ptr<T>(), y.data_ptr<T>(),
                               {static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
  return y;
}

/// Each thread sums the gradient of its share of the images; the shares are added in order.
template <class T>
Tensor weight_gradient(const Plan& plan, const Tensor& weight, const Tensor& dy) {
  const auto& shape = plan.shape;
  const auto parts = std::min<std::int64_t>(at::get_num_threads(), size(shape.images));
  const Tensor sums =
      torch::zeros({parts, size(kernels::ordered_weights_size(shape, T()))}, weight.options());
  at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto part = begin; part < end; ++part) {
      const kernels::ImageRange images{
          static_cast<std::size_t>(part * size(shape.images) / parts),
          static_cast<std::size_t>((part + 1) * size(shape.images) / parts)};
      kernels::spike_weight_gradient(shape, words(plan.bits), dy.data_ptr<T>(),
                                     sums[part].data_ptr<T>(), images);
    }
  });
  auto dweight = torch::empty(weight.sizes(),
                              weight.options().memory_format(torch::MemoryFormat::ChannelsLast));
  for_channels(shape, [&](kernels::ChannelRange in) {
    kernels::restore_weights(shape, sums.data_ptr<T>(), static_cast<std::size_t>(parts),
                             dweight.data_ptr<T>(), in);
  });
  return dweight;
}

/// The dense gradients of x and of the weight, as `of_x` and `of_weight` ask.
std::pair<Tensor, Tensor> dense_gradients(const Plan& plan, const Tensor& dy, const Tensor& weight,
                                          bool of_x, bool of_weight) {
  if (!of_x && !of_weight) return {};
  auto x = empty_input(plan, dy.options());  // its gradient asks for the shape alone
  if (of_weight) {
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "unpack", [&] { unpack<scalar_t>(plan, x); });
  }
  const auto stride = size(plan.shape.stride);
  const auto padding = size(plan.shape.padding);
  const auto gradients =
      at::convolution_backward(dy, x, weight, c10::nullopt, {stride, stride}, {padding, padding},
                               {1, 1}, false, {0, 0}, 1, {of_x, of_weight, false});
  return {std::get<0>(gradients), std::get<1>(gradients)};
}

struct SpikeConvolution : torch::autograd::Function<SpikeConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const c10::intrusive_ptr<Plan>& plan) {
    context->save_for_backward({weight});
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    if (plan->sparse) {
      return AT_DISPATCH_FLOATING_TYPES(weight.scalar_type(), "spike_convolution",
                                        [&] { return forward_of<scalar_t>(*plan, weight); });
    }
    const auto stride = size(plan->shape.stride);
    const auto padding = size(plan->shape.padding);
    return torch::conv2d(x, weight, {}, stride, padding);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto weight = context->get_saved_variables()[0];
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const Plan&>(*capsule);
    const auto dy = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    const bool of_weight = context->needs_input_grad(1);
    auto [dx, dweight] =
        dense_gradients(plan, dy, weight, context->needs_input_grad(0), of_weight && !plan.sparse);
    if (of_weight && plan.sparse) {
      dweight = AT_DISPATCH_FLOATING_TYPES(weight.scalar_type(), "weight_gradient", [&] {
        return weight_gradient<scalar_t>(plan, weight, dy);
      });
    }
    return {dx, dweight, Tensor()};
  }
};

kernels::ConvolutionShape shape_of(const Tensor& x, const Tensor& weight, std::int64_t stride,
                                   std::int64_t padding) {
  const auto at = [](const Tensor& tensor, std::int64_t dim) {
    return static_cast<std::size_t>(tensor.size(dim));
  };
  return {at(x, 0),
          at(x, 2),
          at(x, 3),
          at(x, 1),
          at(weight, 0),
          at(weight, 2),
          static_cast<std::size_t>(stride),
          static_cast<std::size_t>(padding)};
}

/// Whether the kernels may take these at all, whatever x holds.
bool fits(const Tensor& x, const Tensor& weight, std::int64_t stride, std::int64_t padding) {
  const auto type = x.scalar_type();
  return !UseReference::active() && (type == torch::kFloat || type == torch::kDouble) &&
         weight.scalar_type() == type && x.device().is_cpu() && weight.device().is_cpu() &&
         x.dim() == 4 && weight.dim() == 4 && weight.size(2) == weight.size(3) &&
         weight.size(1) == x.size(1) && stride > 0 && padding >= 0 &&
         kernels::takes_spikes(shape_of(x, weight, stride, padding));
}

}  // namespace

Tensor spike_convolution(const Tensor& x, const Tensor& weight, std::int64_t stride,
                         std::int64_t padding) {
  if (fits(x, weight, stride, padding)) {
    auto plan = c10::make_intrusive<Plan>();
    const auto values = x.detach().contiguous(torch::MemoryFormat::ChannelsLast);
    plan->shape = shape_of(x, weight, stride, padding);
    if (AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "pack",
                                   [&] { return pack<scalar_t>(values, *plan); })) {
      return SpikeConvolution::apply(x, weight, plan);
    }
  }
  return torch::conv2d(x, weight, {}, stride, padding);
}

}  // namespace staa::ops
