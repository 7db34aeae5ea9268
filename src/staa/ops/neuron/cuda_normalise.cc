#include "staa/ops/neuron/cuda_normalise.h"

#include <tuple>

#include "staa/kernels/cuda/neuron.h"
#include "staa/kernels/cuda/normalise.h"
#include "staa/ops/neuron/cuda_runtime.h"

namespace staa::ops::cuda {
namespace {

using torch::Tensor;

/// The statistics of every channel over the whole batch, in the arithmetic's type.
struct Statistics {
  Tensor mean;
  Tensor rstd;
  double count = 0;  ///< values per channel
};

Statistics statistics_of(const Tensor& values, const BatchNorm& norm) {
  Statistics out;
  std::tie(out.mean, out.rstd) = batch_statistics(values.flatten(0, 1), norm.eps);
  out.count = static_cast<double>(values.numel() / values.size(2));
  return out;
}

/// Combines the statistics of all processes. Sums, sums of squares and counts are exchanged in the
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
  kernels::cuda::NormKernels<T>::factors(input, static_cast<std::size_t>(channels),
                                         data<T>(factors), current_stream());
  return factors;
}

/// The sums, centred sums and count of all processes, in `memory`; returns `own` for a single
/// process.
template <class T>
kernels::cuda::NormSums<T> join_sums(kernels::cuda::NormSums<T> own, const BatchNorm& norm,
                                     const NormaliseGradients& sums, Tensor& memory) {
  if (!norm.sum) return own;
  Tensor all = torch::stack({sums.bias, sums.weight, torch::full_like(sums.bias, own.count)})
                   .to(torch::kDouble)
                   .cpu();
  norm.sum(all);
  own.count = all[2][0].item<double>();
  memory = all.to(sums.bias.options());
  own.plain = data<T>(memory);
  own.centred = own.plain + sums.bias.numel();
  return own;
}

}  // namespace

Normalised normalise(const Tensor& values, const BatchNorm& norm) {
  const torch::NoGradGuard no_grad;
  Statistics statistics;
  if (norm.training) {
    statistics = statistics_of(values, norm);
    if (norm.sum) statistics = join(statistics, norm);
  }
  return {with_cuda_element(values.scalar_type(), [&](auto zero) {
    return factors_of<kernels::Compute<decltype(zero)>>(statistics, norm);
  })};
}

template <class S>
NormaliseGradients normalise_backward(const NormaliseCall& call, const NormaliseSums<S>& sums) {
  using T = kernels::Compute<S>;
  using Kernels = kernels::cuda::NormKernels<T>;
  const auto& values = call.values;
  const auto& normalised = call.normalised;
  const auto stream = current_stream();
  const auto channels = static_cast<std::size_t>(values.size(2));
  NormaliseGradients out;
  out.values = call.in_place ? call.dx : torch::empty_like(values);
  out.weight = torch::empty({values.size(2)}, normalised.factors.options());
  out.bias = torch::empty_like(out.weight);
  const T* const tables[2] = {sums.centred, sums.plain};
  T* const totals[2] = {data<T>(out.weight), data<T>(out.bias)};
  Kernels::sum_rows(tables, sums.count, channels, totals, stream);

  Tensor of_mix;
  kernels::GradientMix<T> mix{normalised.scale<T>(), nullptr, nullptr};
  if (call.norm.training) {
    Tensor joined;
    const auto of_batch = join_sums<T>({data<T>(normalised.factors), totals[1], totals[0],
                                        static_cast<double>(values.numel() / values.size(2))},
                                       call.norm, out, joined);
    of_mix = torch::empty({2, values.size(2)}, out.bias.options());
    Kernels::gradient_mix(of_batch, channels, data<T>(of_mix), stream);
    mix.of_value = data<T>(of_mix);
    mix.constant = mix.of_value + channels;
  }
  out.weight.mul_(normalised.factors[1]);
  kernels::cuda::NeuronKernels<S>::mix_gradients(
      data<S>(call.dx), data<S>(values), mix, static_cast<std::size_t>(values.numel()) / channels,
      channels, data<S>(out.values), stream);
  return out;
}

template NormaliseGradients normalise_backward(const NormaliseCall&, const NormaliseSums<float>&);
template NormaliseGradients normalise_backward(const NormaliseCall&, const NormaliseSums<double>&);
template NormaliseGradients normalise_backward(const NormaliseCall&,
                                               const NormaliseSums<kernels::Bf16>&);
template NormaliseGradients normalise_backward(const NormaliseCall&,
                                               const NormaliseSums<kernels::Half>&);

}  // namespace staa::ops::cuda
