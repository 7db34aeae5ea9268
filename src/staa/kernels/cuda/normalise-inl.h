#pragma once

#include "staa/kernels/cuda/layer-inl.h"
#include "staa/kernels/cuda/normalise.h"
#include "staa/kernels/neuron/normalise.h"

/// BatchNorm's kernels: those with one thread per channel, and one over all values.
namespace staa::kernels::cuda {

template <class T>
struct NormFactors {
  static constexpr unsigned kThreads = 128;

  NormInput<T> input;
  std::size_t channels;
  T* factors;

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    const auto c = std::size_t{block.index()} * block.threads() + block.thread();
    if (c >= channels) return;
    T mean;
    T rstd;
    if (input.mean == nullptr) {
      mean = input.running_mean[c];
      rstd = static_cast<T>(1 / root(input.running_var[c] + input.eps));
    } else {
      mean = input.mean[c];
      rstd = input.rstd[c];
      if (input.running_mean != nullptr) move_running(c, mean, rstd);
    }
    const T scale = input.weight[c] * rstd;
    factors[c] = mean;
    factors[channels + c] = rstd;
    factors[2 * channels + c] = scale;
    factors[3 * channels + c] = input.bias[c] - mean * scale;
  }

  /// Moves the running statistics. The running variance is the unbiased one.
  STAA_DEVICE void move_running(std::size_t c, double mean, double rstd) const {
    const double biased = 1 / (rstd * rstd) - input.eps;
    const double variance =
        biased > 0 ? biased * input.count / (input.count > 1 ? input.count - 1 : 1) : 0;
    T& running_mean = input.running_mean[c];
    T& running_var = input.running_var[c];
    running_mean = static_cast<T>(running_mean + input.momentum * (mean - running_mean));
    running_var = static_cast<T>(running_var + input.momentum * (variance - running_var));
  }
};

template <class T>
struct NormGradientMix {
  static constexpr unsigned kThreads = 128;

  NormSums<T> sums;
  std::size_t channels;
  T* mix;

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    const auto c = std::size_t{block.index()} * block.threads() + block.thread();
    if (c >= channels) return;
    const double mean = sums.factors[c];
    const double rstd = sums.factors[channels + c];
    const double share = sums.factors[2 * channels + c] / sums.count;
    const double slope = -share * rstd * rstd * sums.centred[c];
    mix[c] = static_cast<T>(slope);
    mix[channels + c] = static_cast<T>(-share * sums.plain[c] - slope * mean);
  }
};

/// out = of_gradient * dx + of_value * y + constant (GradientMix). A thread takes K channels of a
/// few rows, so that it reads their factors once.
template <class S, int K>
struct Mix {
  using T = Compute<S>;
  static constexpr unsigned kThreads = 256;
  static constexpr std::size_t kRows = 4;  ///< rows per thread

  const S* dx;
  const S* y;
  const T* of_gradient;
  const T* of_value;  ///< null: 0, and so is `constant`
  const T* constant;
  std::size_t rows;
  std::size_t channels;
  S* out;
  Tiling tiling;

  std::size_t blocks() const { return tiling.tiles * divide_up(rows, kRows * tiling.rows); }

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    const auto tile = block.index() % tiling.tiles;
    const auto channel = (tile * tiling.lanes + block.thread() % tiling.lanes) * K;
    if (channel >= channels) return;
    T factors[K];
    T slopes[K];
    T constants[K];
    load_each(of_gradient, channel, T(1), factors);
    load_each(of_value, channel, T(0), slopes);
    load_each(constant, channel, T(0), constants);
    const auto first = std::size_t{block.index()} / tiling.tiles * kRows * tiling.rows +
                       block.thread() / tiling.lanes;
    STAA_UNROLL
    for (std::size_t i = 0; i < kRows; ++i) {
      const auto row = first + i * tiling.rows;
      if (row >= rows) return;
      const auto at = row * channels + channel;
      T values[K];
      load(dx + at, values);
      for (int k = 0; k < K; ++k) values[k] *= factors[k];
      if (of_value != nullptr) {
        T of_y[K];
        load(y + at, of_y);
        for (int k = 0; k < K; ++k) values[k] += fused(slopes[k], of_y[k], constants[k]);
      }
      store(values, out + at);
    }
  }
};

}  // namespace staa::kernels::cuda
