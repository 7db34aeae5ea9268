#include "staa/ops/neuron/normalise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "staa/kernels/neuron/normalise.h"
#include "staa/kernels/neuron/parameter_gradients.h"
#include "staa/ops/neuron/sequence.h"

namespace staa::ops {
namespace {

using torch::Tensor;

/// Mean and variance of every channel over a sequence, and the number of values per channel.
struct Statistics {
  std::vector<double> mean;
  std::vector<double> variance;  ///< biased
  double count = 0;
};

/// Computes the moments of every image and combines them in double, in the order of the images.
template <class S>
Statistics statistics_of(const Tensor& values) {
  using T = kernels::Compute<S>;
  const auto channels = static_cast<std::size_t>(values.size(2));
  const auto images = static_cast<std::size_t>(values.size(0) * values.size(1));
  std::vector<T> means(images * channels);
  std::vector<T> squares(images * channels);
  for_sequence_images(values, [&](std::size_t image, std::size_t at, std::size_t rows) {
    kernels::channel_moments(data<S>(values) + at, rows, channels, means.data() + image * channels,
                             squares.data() + image * channels);
  });
  Statistics out{std::vector<double>(channels), std::vector<double>(channels)};
  const auto rows = static_cast<double>(values.size(3) * values.size(4));
  out.count = rows * static_cast<double>(images);
  for (std::size_t i = 0; i < images; ++i) {
    for (std::size_t c = 0; c < channels; ++c) out.mean[c] += means[i * channels + c];
  }
  for (auto& mean : out.mean) mean /= static_cast<double>(images);
  for (std::size_t i = 0; i < images; ++i) {
    for (std::size_t c = 0; c < channels; ++c) {
      const auto distance = means[i * channels + c] - out.mean[c];
      out.variance[c] += squares[i * channels + c] + rows * distance * distance;
    }
  }
  for (auto& variance : out.variance) variance /= out.count;
  return out;
}

/// Sums rows of `channels` numbers over the processes.
void sum_over(const SumOverProcesses& sum, std::vector<double>& rows, std::size_t channels) {
  auto all = torch::from_blob(
      rows.data(),
      {static_cast<std::int64_t>(rows.size() / channels), static_cast<std::int64_t>(channels)},
      torch::kDouble);
  sum(all);
}

/// Combines the statistics of all processes. Sums of squares about 0 make a second exchange
/// unnecessary; double makes them precise enough for values in float.
Statistics join(Statistics own, const SumOverProcesses& sum) {
  const auto channels = own.mean.size();
  std::vector<double> rows(3 * channels);  // sums, sums of squares, counts
  for (std::size_t c = 0; c < channels; ++c) {
    rows[c] = own.mean[c] * own.count;
    rows[channels + c] = (own.variance[c] + own.mean[c] * own.mean[c]) * own.count;
    rows[2 * channels + c] = own.count;
  }
  sum_over(sum, rows, channels);
  own.count = rows[2 * channels];
  for (std::size_t c = 0; c < channels; ++c) {
    own.mean[c] = rows[c] / own.count;
    own.variance[c] = std::max(0.0, rows[channels + c] / own.count - own.mean[c] * own.mean[c]);
  }
  return own;
}

/// Moves the running statistics towards the batch's; the running variance is unbiased.
template <class T>
void update_running(const Statistics& batch, const BatchNorm& norm) {
  if (!norm.running_mean.defined()) return;
  T* mean = data<T>(norm.running_mean);
  T* variance = data<T>(norm.running_var);
  const auto unbiased = batch.count / std::max(1.0, batch.count - 1);
  for (std::size_t c = 0; c < batch.mean.size(); ++c) {
    mean[c] += static_cast<T>(norm.momentum * (batch.mean[c] - mean[c]));
    variance[c] += static_cast<T>(norm.momentum * (batch.variance[c] * unbiased - variance[c]));
  }
}

Statistics running_statistics(const BatchNorm& norm) {
  const auto doubles = [](const Tensor& tensor) {
    const auto values = tensor.to(torch::kDouble);
    return std::vector<double>(values.data_ptr<double>(),
                               values.data_ptr<double>() + values.numel());
  };
  return {doubles(norm.running_mean), doubles(norm.running_var)};
}

template <class T>
Normalised factors_of(const Statistics& statistics, const BatchNorm& norm) {
  const auto channels = statistics.mean.size();
  Normalised out{torch::empty({4, static_cast<std::int64_t>(channels)},
                              norm.weight.options().requires_grad(false))};
  const T* weight = data<T>(norm.weight);
  const T* bias = data<T>(norm.bias);
  for (std::size_t c = 0; c < channels; ++c) {
    const auto mean = static_cast<T>(statistics.mean[c]);
    const auto rstd = static_cast<T>(1 / std::sqrt(statistics.variance[c] + norm.eps));
    const T scale = weight[c] * rstd;
    out.mean<T>()[c] = mean;
    out.rstd<T>()[c] = rstd;
    out.scale<T>()[c] = scale;
    out.shift<T>()[c] = bias[c] - mean * scale;
  }
  return out;
}

}  // namespace

Normalised normalise(const Tensor& values, const BatchNorm& norm) {
  const torch::NoGradGuard no_grad;
  return with_element(values.scalar_type(), [&](auto zero) {
    using S = decltype(zero);
    using T = kernels::Compute<S>;
    if (!norm.training) return factors_of<T>(running_statistics(norm), norm);
    auto statistics = statistics_of<S>(values);
    if (norm.sum) statistics = join(std::move(statistics), norm.sum);
    update_running<T>(statistics, norm);
    return factors_of<T>(statistics, norm);
  });
}

template <class S>
NormaliseGradients normalise_backward(const NormaliseCall& call, const NormaliseSums<S>& sums) {
  using T = kernels::Compute<S>;
  const auto& values = call.values;
  const auto& normalised = call.normalised;
  const auto& norm = call.norm;
  const auto channels = static_cast<std::size_t>(values.size(2));
  NormaliseGradients out;
  out.values = call.in_place ? call.dx : torch::empty_like(values);
  out.weight = torch::empty({values.size(2)}, normalised.factors.options());
  out.bias = torch::empty_like(out.weight);
  T* weight = data<T>(out.weight);
  T* bias = data<T>(out.bias);
  kernels::sum_rows(sums.plain, sums.count, channels, bias);
  kernels::sum_rows(sums.centred, sums.count, channels, weight);

  std::vector<T> of_value(norm.training ? channels : 0);
  std::vector<T> constant(of_value.size());
  if (norm.training) {
    // Sums, centred sums and counts of the whole batch, which may be spread over processes.
    std::vector<double> rows(3 * channels);
    std::copy(bias, bias + channels, rows.begin());
    std::copy(weight, weight + channels, rows.begin() + values.size(2));
    std::fill(rows.end() - values.size(2), rows.end(),
              static_cast<double>(values.numel() / values.size(2)));
    if (norm.sum) sum_over(norm.sum, rows, channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const double scale = normalised.scale<T>()[c] / rows[2 * channels + c];
      const double rstd = normalised.rstd<T>()[c];
      const double slope = -scale * rstd * rstd * rows[channels + c];
      of_value[c] = static_cast<T>(slope);
      constant[c] = static_cast<T>(-scale * rows[c] - slope * normalised.mean<T>()[c]);
    }
  }
  for (std::size_t c = 0; c < channels; ++c) weight[c] *= normalised.rstd<T>()[c];
  const kernels::GradientMix<T> factors{normalised.scale<T>(),
                                        norm.training ? of_value.data() : nullptr,
                                        norm.training ? constant.data() : nullptr};
  const auto* gradient = data<S>(call.dx);
  const auto* before = data<S>(values);
  auto* after = data<S>(out.values);
  for_sequence_images(values, [&](std::size_t, std::size_t at, std::size_t rows) {
    kernels::mix_gradients(gradient + at, before + at, factors, rows, channels, after + at);
  });
  return out;
}

template NormaliseGradients normalise_backward(const NormaliseCall&, const NormaliseSums<float>&);
template NormaliseGradients normalise_backward(const NormaliseCall&, const NormaliseSums<double>&);
template NormaliseGradients normalise_backward(const NormaliseCall&,
                                               const NormaliseSums<kernels::Bf16>&);

}  // namespace staa::ops
