#include "staa/ops/card_normalise.h"

#include <tuple>

#include "staa/kernels/cuda/normalise.h"
#include "staa/ops/card.h"
#include "staa/ops/card_runtime.h"

namespace staa::ops::card {
namespace {

using torch::Tensor;

/// Of every channel over the whole batch, in the arithmetic's type.
struct Statistics {
  Tensor mean;
  Tensor rstd;
  double count = 0;  ///< values a channel
};

Statistics statistics_of(const Tensor& values, const BatchNorm& norm) {
  Statistics out;
  std::tie(out.mean, out.rstd) = batch_statistics(values.flatten(0, 1), norm.eps);
  out.count = static_cast<double>(values.numel() / values.size(2));
  return out;
}

/// Those of all processes together, by sums, sums of squares and counts, which are added up in the
/// processor's memory.
Statistics join(const Statistics& own, const BatchNorm& norm) {
  const auto mean = own.mean.to(torch::kDouble);
  const auto variance = (own.rstd.to(torch::kDouble).pow(-2) - norm.eps).clamp_min(0);
  auto all = torch::stack({mean * own.count, (variance + mean.square()) * own.count,
                           torch::full_like(mean, own.count)})
                 .cpu();
  norm.sum(all);
  Statistics out;
  out.count = all[2][0].item<double>();
  const auto whole = all[0] / out.count;
  const auto spread = (all[1] / out.count - whole.square()).clamp_min(0);
  out.mean = whole.to(own.mean.options());
  out.rstd = (spread + norm.eps).rsqrt().to(own.rstd.options());
  return out;
}

template <class T>
Tensor factors_of(const Statistics& statistics, const BatchNorm& norm) {
  const auto channels = norm.weight.numel();
  kernels::cuda::NormInput<T> input;
  input.mean = data<T>(statistics.mean);
  input.rstd = data<T>(statistics.rstd);
  input.count = statistics.count;
  input.weight = data<T>(norm.weight);
  input.bias = data<T>(norm.bias);
  input.running_mean = data<T>(norm.running_mean);
  input.running_var = data<T>(norm.running_var);
  input.momentum = norm.momentum;
  input.eps = norm.eps;
  auto factors = torch::empty({4, channels}, norm.weight.options().requires_grad(false));
  kernels::cuda::norm_factors(input, static_cast<std::size_t>(channels), data<T>(factors),
                              current_stream());
  return factors;
}

}  // namespace

Normalised normalise(const Tensor& values, const BatchNorm& norm) {
  const torch::NoGradGuard no_grad;
  Statistics statistics;
  if (norm.training) {
    statistics = statistics_of(values, norm);
    if (norm.sum) statistics = join(statistics, norm);
  }
  return {with_card_element(values.scalar_type(), [&](auto zero) {
    return factors_of<kernels::Compute<decltype(zero)>>(statistics, norm);
  })};
}

template <class S>
NormaliseGradients normalise_backward(const Tensor& values, const Normalised& normalised,
                                      const BatchNorm& norm, const Tensor& dx,
                                      const NormRows<kernels::Compute<S>>& sums, bool in_place) {
  using T = kernels::Compute<S>;
  const auto stream = current_stream();
  const auto channels = static_cast<std::size_t>(values.size(2));
  NormaliseGradients out;
  out.values = in_place ? dx : torch::empty_like(values);
  out.weight = torch::empty({values.size(2)}, normalised.factors.options());
  out.bias = torch::empty_like(out.weight);
  const T* const tables[2] = {sums.centred, sums.plain};
  T* const totals[2] = {data<T>(out.weight), data<T>(out.bias)};
  kernels::cuda::sum_rows(tables, sums.count, channels, totals, stream);

  Tensor of_mix;
  kernels::GradientMix<T> mix{normalised.scale<T>(), nullptr, nullptr};
  if (norm.training) {
    kernels::cuda::NormSums<T> of_batch{data<T>(normalised.factors), data<T>(out.bias),
                                        data<T>(out.weight),
                                        static_cast<double>(values.numel() / values.size(2))};
    Tensor joined;
    if (norm.sum) {
      Tensor all = torch::stack({out.bias, out.weight, torch::full_like(out.bias, of_batch.count)})
                       .to(torch::kDouble)
                       .cpu();
      norm.sum(all);
      of_batch.count = all[2][0].item<double>();
      joined = all.to(out.bias.options());
      of_batch.plain = data<T>(joined);
      of_batch.centred = of_batch.plain + channels;
    }
    of_mix = torch::empty({2, values.size(2)}, out.bias.options());
    kernels::cuda::norm_gradient_mix(of_batch, channels, data<T>(of_mix), stream);
    mix.of_value = data<T>(of_mix);
    mix.constant = mix.of_value + channels;
  }
  out.weight.mul_(normalised.factors[1]);
  kernels::cuda::mix_gradients(data<S>(dx), data<S>(values), mix,
                               static_cast<std::size_t>(values.numel()) / channels, channels,
                               data<S>(out.values), stream);
  return out;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in them
#define STAA_FOR_ELEMENT(S)                                                                        \
  template NormaliseGradients normalise_backward<S>(                                               \
      const Tensor& values, const Normalised& normalised, const BatchNorm& norm, const Tensor& dx, \
      const NormRows<kernels::Compute<S>>& sums, bool in_place);
STAA_FOR_ELEMENT(float)
STAA_FOR_ELEMENT(double)
STAA_FOR_ELEMENT(kernels::Bf16)
STAA_FOR_ELEMENT(kernels::Half)
#undef STAA_FOR_ELEMENT
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::ops::card
