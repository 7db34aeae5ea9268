#pragma once

#include <cstddef>

#include "staa/kernels/cuda/stream.h"
#include "staa/kernels/element.h"
#include "staa/kernels/neuron/normalise.h"

/// BatchNorm over rows of channels [N, C] on a graphics card, but for the statistics of its input.
/// Calls are queued as those of neuron.h are, and fail likewise.
namespace staa::kernels::cuda {

/// What BatchNorm starts from, [C] each.
template <class T>
struct NormInput {
  const T* mean = nullptr;  ///< of the batch, and beside it
  const T* rstd = nullptr;  ///< 1 / sqrt(variance + eps); both null: the running ones, which stay
  double count = 0;         ///< values a channel that the batch has
  const T* weight = nullptr;
  const T* bias = nullptr;
  T* running_mean = nullptr;  ///< moved towards the batch's; may be null where that has statistics
  T* running_var = nullptr;
  double momentum = 0;
  double eps = 0;
};

/// To `factors` [4, C]: mean, rstd, scale = weight * rstd, shift = bias - mean * scale.
void norm_factors(const NormInput<float>& input, std::size_t channels, float* factors,
                  Stream stream);
void norm_factors(const NormInput<double>& input, std::size_t channels, double* factors,
                  Stream stream);

/// What the gradient of BatchNorm in training follows from.
template <class T>
struct NormSums {
  const T* factors = nullptr;  ///< [4, C]
  const T* plain = nullptr;    ///< [C] sums of dX over the batch, and
  const T* centred = nullptr;  ///< of dX * (y - mean)
  double count = 0;            ///< values a channel
};

/// To `mix` [2, C] GradientMix's of_value and constant.
void norm_gradient_mix(const NormSums<float>& sums, std::size_t channels, float* mix,
                       Stream stream);
void norm_gradient_mix(const NormSums<double>& sums, std::size_t channels, double* mix,
                       Stream stream);

/// out = of_gradient * dx + of_value * y + constant; `out` may be dx.
void mix_gradients(const float* dx, const float* y, const GradientMix<float>& mix, std::size_t rows,
                   std::size_t channels, float* out, Stream stream);
void mix_gradients(const double* dx, const double* y, const GradientMix<double>& mix,
                   std::size_t rows, std::size_t channels, double* out, Stream stream);
void mix_gradients(const Bf16* dx, const Bf16* y, const GradientMix<float>& mix, std::size_t rows,
                   std::size_t channels, Bf16* out, Stream stream);
void mix_gradients(const Half* dx, const Half* y, const GradientMix<float>& mix, std::size_t rows,
                   std::size_t channels, Half* out, Stream stream);

/// Of each of two tables the sums [C] of its rows [rows, C]; a table may be null.
void sum_rows(const float* const (&tables)[2], std::size_t rows, std::size_t channels,
              float* const (&out)[2], Stream stream);
void sum_rows(const double* const (&tables)[2], std::size_t rows, std::size_t channels,
              double* const (&out)[2], Stream stream);

}  // namespace staa::kernels::cuda
