#include "staa/ops/spike_convolution.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "staa/kernels/spike_convolution/spike_convolution.h"
#include "staa/kernels/spikes.h"
#include "staa/ops/check_call.h"
#include "staa/ops/convolution.h"
#include "staa/ops/convolution_shape.h"
#include "staa/ops/elements.h"
#include "staa/ops/implementation.h"
#include "staa/ops/once_differentiable.h"
#include "staa/util/error.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Firing rates below which it is faster to work on the spikes (bench/spike_convolution).
struct BreakEven {
  double forward;
  double gradient;  ///< of the weight, whose sums stay in registers
};

/// Wider vectors speed up the dense convolution, and so does Winograd's algorithm, which cannot
/// profit from spikes. With few output channels a spike fills no more than one vector, so that the
/// fixed cost of a spike weighs more.
BreakEven break_even(const kernels::ConvolutionShape& shape, bool winograd) {
  const bool wide = kernels::vector_bytes() >= 64;
  if (winograd && shape.out <= 16) return {0.15, 0.2};
  if (winograd) return shape.out <= 32 ? BreakEven{0.06, 0.12} : BreakEven{0.12, 0.18};
  BreakEven rates{shape.out <= 16 ? 0.25 : 0.35, 0.35};
  if (wide) rates = {shape.out <= 16 ? 0.08 : shape.out <= 64 ? 0.13 : 0.27, 0.3};
  return rates;
}

/// The geometry of a call and the spikes of its input as bits. Autograd carries it to the backward
/// pass.
struct Plan : torch::CustomClassHolder {
  kernels::ConvolutionShape shape;
  Tensor bits;
  bool sparse = false;           // compute the forward pass from the spikes
  bool sparse_gradient = false;  // compute the weight's gradient from the spikes
  bool winograd = false;         // how what is dense is computed
};

std::size_t image_size(const kernels::ConvolutionShape& shape) {
  return shape.height * shape.width * shape.in;
}

std::size_t image_words(const kernels::ConvolutionShape& shape) {
  return kernels::spike_words(image_size(shape));
}

/// Calls f(images, part) for all images, in `parts` equal parts that may run in parallel. Each part
/// consists of a piece from the front and one from the back, because images are ordered by time
/// step and later steps tend to have more spikes.
template <class F>
void for_images(const kernels::ConvolutionShape& shape, std::int64_t parts, const F& f) {
  const auto pieces = static_cast<std::size_t>(2 * parts);
  const auto piece = [&](std::size_t i) {
    return kernels::ImageRange{i * shape.images / pieces, (i + 1) * shape.images / pieces};
  };
  at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto part = static_cast<std::size_t>(begin); part < static_cast<std::size_t>(end);
         ++part) {
      for (const auto i : {part, pieces - 1 - part}) {
        if (piece(i).begin < piece(i).end) f(piece(i), part);
      }
    }
  });
}

template <class F>
void for_images(const kernels::ConvolutionShape& shape, const F& f) {
  const auto parts = std::min<std::int64_t>(at::get_num_threads(), signed_size(shape.images));
  for_images(shape, parts, [&](kernels::ImageRange images, std::size_t) { f(images); });
}

/// Packs x, which must be channels-last, into plan.bits. Returns false if x contains anything
/// except 0 and 1.
template <class S>
bool pack(const Tensor& x, Plan& plan) {
  plan.bits = torch::empty({x.size(0), signed_size(image_words(plan.shape))}, torch::kLong);
  const S* values = data<S>(x);
  std::atomic<bool> binary{true};
  for_images(plan.shape, [&](kernels::ImageRange images) {
    for (auto image = images.begin; image < images.end && binary; ++image) {
      const auto packed =
          kernels::pack_spikes(values + image * image_size(plan.shape), image_size(plan.shape),
                               words(plan.bits) + image * image_words(plan.shape));
      if (!packed.binary) binary = false;
    }
  });
  return binary;
}

/// Chooses between the sparse and the dense convolution by the firing rate of the input.
void choose(Plan& plan) {
  const auto fired =
      kernels::count_spikes(words(plan.bits), static_cast<std::size_t>(plan.bits.numel()));
  const auto rate =
      static_cast<double>(fired) / static_cast<double>(plan.shape.images * image_size(plan.shape));
  const auto limits = break_even(plan.shape, plan.winograd);
  plan.sparse = rate < limits.forward;
  plan.sparse_gradient = rate < limits.gradient;
}

/// An uninitialised x of the plan's shape.
Tensor empty_input(const Plan& plan, const torch::TensorOptions& options) {
  const auto& shape = plan.shape;
  return torch::empty({signed_size(shape.images), signed_size(shape.in), signed_size(shape.height),
                       signed_size(shape.width)},
                      options.memory_format(torch::MemoryFormat::ChannelsLast));
}

template <class S>
void unpack(const Plan& plan, Tensor& x) {
  for_images(plan.shape, [&](kernels::ImageRange images) {
    for (auto image = images.begin; image < images.end; ++image) {
      kernels::unpack_spikes(words(plan.bits) + image * image_words(plan.shape),
                             image_size(plan.shape), data<S>(x) + image * image_size(plan.shape));
    }
  });
}

/// x, unpacked from its bits.
Tensor unpacked_input(const Plan& plan, const torch::TensorOptions& options) {
  auto x = empty_input(plan, options);
  with_element(x.scalar_type(), [&](auto zero) { unpack<decltype(zero)>(plan, x); });
  return x;
}

void for_channels(const kernels::ConvolutionShape& shape,
                  const std::function<void(kernels::ChannelRange)>& f) {
  at::parallel_for(0, signed_size(shape.in), 8, [&](std::int64_t begin, std::int64_t end) {
    f({static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
}

template <class S>
Tensor sparse_forward(const Plan& plan, const Tensor& weight) {
  using T = kernels::Compute<S>;
  const auto& shape = plan.shape;
  const Tensor channels_last = weight.contiguous(torch::MemoryFormat::ChannelsLast);
  const Tensor ordered =
      torch::empty({signed_size(kernels::ordered_weights_size(shape, T()))}, weight.options());
  for_channels(shape, [&](kernels::ChannelRange in) {
    kernels::order_weights(shape, channels_last.data_ptr<T>(), ordered.data_ptr<T>(), in);
  });
  const Tensor y = torch::empty({signed_size(shape.images), signed_size(shape.out),
                                 signed_size(shape.out_height()), signed_size(shape.out_width())},
                                weight.options()
                                    .dtype(c10::CppTypeToScalarType<TensorElement<S>>::value)
                                    .memory_format(torch::MemoryFormat::ChannelsLast));
  for_images(shape, [&](kernels::ImageRange images) {
    kernels::spike_convolution(shape, words(plan.bits), ordered.data_ptr<T>(), data<S>(y), images);
  });
  return y;
}

/// The output in elements of `type`. The dense convolution reads `x`, or unpacks it if it is
/// undefined.
Tensor forward_of(const Plan& plan, const Tensor& weight, torch::ScalarType type, const Tensor& x) {
  if (plan.sparse) {
    return with_element(type,
                        [&](auto zero) { return sparse_forward<decltype(zero)>(plan, weight); });
  }
  const auto stride = signed_size(plan.shape.stride);
  const auto padding = signed_size(plan.shape.padding);
  return dense_convolution_by(plan.winograd,
                              x.defined() ? x : unpacked_input(plan, weight.options().dtype(type)),
                              weight.to(type), stride, padding);
}

/// Each thread sums the gradient of its part of the images; the parts are then added in order.
template <class S>
Tensor sparse_weight_gradient(const Plan& plan, const Tensor& weight, const Tensor& dy) {
  using T = kernels::Compute<S>;
  const auto& shape = plan.shape;
  const auto parts = std::min<std::int64_t>(at::get_num_threads(), signed_size(shape.images));
  const Tensor sums = torch::zeros({parts, signed_size(kernels::ordered_weights_size(shape, T()))},
                                   weight.options());
  for_images(shape, parts, [&](kernels::ImageRange images, std::size_t part) {
    kernels::spike_weight_gradient(shape, words(plan.bits), data<S>(dy),
                                   data<T>(sums[signed_size(part)]), images);
  });
  auto dweight = torch::empty(weight.sizes(),
                              weight.options().memory_format(torch::MemoryFormat::ChannelsLast));
  for_channels(shape, [&](kernels::ChannelRange in) {
    kernels::restore_weights(shape, sums.data_ptr<T>(), static_cast<std::size_t>(parts),
                             dweight.data_ptr<T>(), in);
  });
  return dweight;
}

/// The dense gradients of x if `of_x`, and of the weight if `of_weight`.
std::pair<Tensor, Tensor> dense_gradients(const Plan& plan, const Tensor& dy, const Tensor& weight,
                                          bool of_x, bool of_weight) {
  if (!of_x && !of_weight) return {};
  // The gradient of x needs only the shape of x.
  const auto x = of_weight ? unpacked_input(plan, dy.options()) : empty_input(plan, dy.options());
  const auto stride = signed_size(plan.shape.stride);
  const auto padding = signed_size(plan.shape.padding);
  const auto gradients = convolution_gradients(plan.winograd, dy, x, weight.to(dy.scalar_type()),
                                               stride, padding, of_x, of_weight);
  return {gradients.x, of_weight ? gradients.weight.to(weight.scalar_type()) : Tensor()};
}

struct SpikeConvolution : torch::autograd::Function<SpikeConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const c10::intrusive_ptr<Plan>& plan) {
    context->save_for_backward({weight});
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    return forward_of(*plan, weight, x.scalar_type(), x);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto weight = context->get_saved_variables()[0];
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const Plan&>(*capsule);
    const auto dy = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    const bool of_weight = context->needs_input_grad(1);
    auto [dx, dweight] = dense_gradients(plan, dy, weight, context->needs_input_grad(0),
                                         of_weight && !plan.sparse_gradient);
    if (of_weight && plan.sparse_gradient) {
      dweight = with_element(dy.scalar_type(), [&](auto zero) {
        return sparse_weight_gradient<decltype(zero)>(plan, weight, dy);
      });
    }
    return once_differentiable("spike_conv2d", {dx, dweight, Tensor()}, {weight, gradients[0]});
  }
};

/// Whether the kernels support these tensors, regardless of the values of x. The arguments must
/// have passed check_convolution().
bool fits(const Tensor& x, const Tensor& weight, std::int64_t stride, std::int64_t padding) {
  const auto type = x.scalar_type();
  return !UseReference::active() && is_element(type) &&
         weight.scalar_type() == compute_type(type) && x.device().is_cpu() &&
         weight.size(2) == weight.size(3) &&
         kernels::takes_spikes(convolution_shape(x, weight, stride, padding));
}

/// Wraps `f` so that it throws if the weight has changed since this call.
std::function<Tensor()> while_unchanged(const Tensor& weight, std::function<Tensor()> f) {
  return [weight = weight.detach(), version = weight._version(), f = std::move(f)] {
    if (weight._version() != version) {
      fail(ErrorKind::kRuntime,
           "a convolution cannot be computed again for the backward pass: its weight has changed "
           "since the forward pass");
    }
    const torch::NoGradGuard no_grad;
    return f();
  };
}

Convolved convolve_densely(const Tensor& x, const Tensor& weight, std::int64_t stride,
                           std::int64_t padding) {
  const auto type = x.scalar_type();
  const auto values = dense_convolution(x, weight.to(type), stride, padding);
  if (!torch::GradMode::is_enabled()) return {values, {}};
  const bool winograd = uses_winograd(x, weight.to(type), stride, padding);
  return {values, while_unchanged(weight, [winograd, stride, padding, type, x = x.detach(),
                                           weight = weight.detach()] {
            return dense_convolution_by(winograd, x, weight.to(type), stride, padding);
          })};
}

}  // namespace

Convolved convolve_spikes(const Tensor& x, const Tensor& weight, std::int64_t stride,
                          std::int64_t padding, const Tensor& bits) {
  check_convolution(x, weight, stride, padding, bits);
  if (!fits(x, weight, stride, padding)) return convolve_densely(x, weight, stride, padding);
  auto plan = c10::make_intrusive<Plan>();
  plan->shape = convolution_shape(x, weight, stride, padding);
  const auto type = x.scalar_type();
  plan->bits = bits;
  if (!bits.defined()) {
    const auto values = x.detach().contiguous(torch::MemoryFormat::ChannelsLast);
    const bool binary =
        with_element(type, [&](auto zero) { return pack<decltype(zero)>(values, *plan); });
    if (!binary) return convolve_densely(x, weight, stride, padding);
  }
  plan->winograd = uses_winograd(x, weight, stride, padding);
  choose(*plan);
  if (!torch::GradMode::is_enabled()) return {forward_of(*plan, weight, type, x), {}};
  return {SpikeConvolution::apply(x, weight, plan),
          while_unchanged(weight, [plan, type, weight = weight.detach()] {
            return forward_of(*plan, weight, type, Tensor());
          })};
}

Tensor spike_convolution(const Tensor& x, const Tensor& weight, std::int64_t stride,
                         std::int64_t padding) {
  return convolve_spikes(x, weight, stride, padding).values;
}

}  // namespace staa::ops
