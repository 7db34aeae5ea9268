#pragma once

#include <cstddef>

#include "staa/kernels/cuda/stream.h"

/// BatchNorm over rows of channels [N, C] on a CUDA device, except the statistics of its input.
/// Calls are queued and fail like those of neuron.h.
namespace staa::kernels::cuda {

/// The input of NormKernels::factors(); arrays are [C]. If `mean` and `rstd` are null, the running
/// statistics are used and stay unchanged.
template <class T>
struct NormInput {
  const T* mean = nullptr;  ///< of the batch
  const T* rstd = nullptr;  ///< 1 / sqrt(variance + eps) of the batch
  double count = 0;         ///< values per channel in the batch
  const T* weight = nullptr;
  const T* bias = nullptr;
  T* running_mean = nullptr;  ///< moved towards the batch's mean; may be null if `mean` is not
  T* running_var = nullptr;
  double momentum = 0;
  double eps = 0;
};

/// The sums that BatchNorm's gradient in training is computed from.
template <class T>
struct NormSums {
  const T* factors = nullptr;  ///< [4, C]
  const T* plain = nullptr;    ///< [C] sums of dX over the batch
  const T* centred = nullptr;  ///< [C] sums of dX * (y - mean) over the batch
  double count = 0;            ///< values per channel
};

/// The kernels for factors and sums. T is the type of the arithmetic.
/// NeuronKernels::mix_gradients() (neuron.h) is the pass over all values.
template <class T>
struct NormKernels {
  /// Writes to `factors` [4, C]: mean, rstd, scale = weight * rstd, shift = bias - mean * scale.
  static void factors(const NormInput<T>& input, std::size_t channels, T* factors, Stream stream);

  /// Writes to `mix` [2, C] GradientMix's of_value and constant.
  static void gradient_mix(const NormSums<T>& sums, std::size_t channels, T* mix, Stream stream);

  /// Writes the sums [C] of the rows [rows, C] of each of two tables; a table may be null.
  static void sum_rows(const T* const (&tables)[2], std::size_t rows, std::size_t channels,
                       T* const (&out)[2], Stream stream);
};

extern template struct NormKernels<float>;
extern template struct NormKernels<double>;

}  // namespace staa::kernels::cuda
