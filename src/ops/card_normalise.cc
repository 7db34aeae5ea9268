#include "staa/ops/card_normalise.h"

#include <c10/cuda/CUDAStream.h>

#include <algorithm>

#include "staa/kernels/cuda/neuron.h"
#include "staa/ops/card.h"

namespace staa::ops::card {
namespace {

using torch::Tensor;

/// Mean and biased variance of every channel in double, and how many values they are of.
struct Statistics {
  Tensor mean;
  Tensor variance;
  double count = 0;
};

/// Adds rows of numbers up over the processes, which do that in the processor's memory.
Tensor sum_over(const SumOverProcesses& sum, const Tensor& rows) {
  auto here = rows.cpu();
  sum(here);
  return here.to(rows.device());
}

Statistics statistics_of(const Tensor& values, const BatchNorm& norm) {
  const auto [mean, rstd] = torch::batch_norm_stats(values.flatten(0, 1), norm.eps);
  Statistics out;
  out.mean = mean.to(torch::kDouble);
  out.variance = (rstd.to(torch::kDouble).pow(-2) - norm.eps).clamp_min(0);
  out.count = static_cast<double>(values.numel() / values.size(2));
  return out;
}

/// Those of all processes together, by sums, sums of squares and counts.
Statistics join(const Statistics& own, const SumOverProcesses& sum) {
  const auto squares = own.variance + own.mean.square();
  const auto all = sum_over(sum, torch::stack({own.mean * own.count, squares * own.count,
                                               torch::full_like(own.mean, own.count)}));
  Statistics out;
  out.count = all[2][0].item<double>();
  out.mean = all[0] / out.count;
  out.variance = (all[1] / out.count - out.mean.square()).clamp_min(0);
  return out;
}

void move_towards(const Tensor& running, const Tensor& batch, double momentum) {
  if (running.defined()) running.lerp_(batch.to(running.scalar_type()), momentum);
}

}  // namespace

Normalised normalise(const Tensor& values, const BatchNorm& norm) {
  const torch::NoGradGuard no_grad;
  Statistics statistics;
  if (norm.training) {
    statistics = statistics_of(values, norm);
    if (norm.sum) statistics = join(statistics, norm.sum);
    const auto unbiased = statistics.count / std::max(1.0, statistics.count - 1);
    move_towards(norm.running_mean, statistics.mean, norm.momentum);
    move_towards(norm.running_var, statistics.variance * unbiased, norm.momentum);
  } else {
    statistics.mean = norm.running_mean.to(torch::kDouble);
    statistics.variance = norm.running_var.to(torch::kDouble);
  }
  const auto type = norm.weight.scalar_type();
  const auto mean = statistics.mean.to(type);
  const auto rstd = (statistics.variance + norm.eps).rsqrt().to(type);
  const auto scale = norm.weight.detach() * rstd;
  return {torch::stack({mean, rstd, scale, norm.bias.detach() - mean * scale})};
}

template <class S>
NormaliseGradients normalise_backward(const Tensor& values, const Normalised& normalised,
                                      const BatchNorm& norm, const Tensor& dx,
                                      const NormSums<kernels::Compute<S>>& sums, bool in_place) {
  using T = kernels::Compute<S>;
  const auto stream = c10::cuda::getCurrentCUDAStream().stream();
  const auto channels = static_cast<std::size_t>(values.size(2));
  NormaliseGradients out;
  out.values = in_place ? dx : torch::empty_like(values);
  out.weight = torch::empty({values.size(2)}, normalised.factors.options());
  out.bias = torch::empty_like(out.weight);
  const T* const tables[2] = {sums.centred, sums.plain};
  T* const totals[2] = {data<T>(out.weight), data<T>(out.bias)};
  kernels::cuda::sum_rows(tables, sums.count, channels, totals, stream);

  Tensor of_value;
  Tensor constant;
  kernels::GradientMix<T> mix{normalised.scale<T>(), nullptr, nullptr};
  if (norm.training) {
    // Of the whole batch, which may be spread over processes: sums, centred sums, counts.
    const auto own = static_cast<double>(values.numel() / values.size(2));
    auto rows =
        torch::stack({out.bias, out.weight, torch::full_like(out.bias, own)}).to(torch::kDouble);
    if (norm.sum) rows = sum_over(norm.sum, rows);
    const auto factors = normalised.factors.to(torch::kDouble);
    const auto scale = factors[2] / rows[2];
    const auto slope = -scale * factors[1].square() * rows[1];
    of_value = slope.to(out.bias.scalar_type());
    constant = (-scale * rows[0] - slope * factors[0]).to(out.bias.scalar_type());
    mix.of_value = data<T>(of_value);
    mix.constant = data<T>(constant);
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
      const NormSums<kernels::Compute<S>>& sums, bool in_place);
STAA_FOR_ELEMENT(float)
STAA_FOR_ELEMENT(double)
STAA_FOR_ELEMENT(kernels::Bf16)
STAA_FOR_ELEMENT(kernels::Half)
#undef STAA_FOR_ELEMENT
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::ops::card
