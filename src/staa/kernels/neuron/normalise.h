#pragma once

#include <cstddef>

#include "staa/kernels/element.h"

/// The passes of BatchNorm over rows of channels [N, C], on plain memory. Elements are float,
/// double or bf16.
namespace staa::kernels {

/// Computes the mean of every channel of y [rows, channels], and the sum of squared distances from
/// it, in one pass over y.
void channel_moments(const float* y, std::size_t rows, std::size_t channels, float* mean,
                     float* squares);
void channel_moments(const double* y, std::size_t rows, std::size_t channels, double* mean,
                     double* squares);
void channel_moments(const Bf16* y, std::size_t rows, std::size_t channels, float* mean,
                     float* squares);

/// The factors of mix_gradients(), with one value of each per channel.
template <class T>
struct GradientMix {
  const T* of_gradient;
  const T* of_value;  ///< null: 0, and so is `constant`
  const T* constant;
};

/// out = of_gradient * dx + of_value * y + constant; `out` may be dx.
void mix_gradients(const float* dx, const float* y, const GradientMix<float>& mix, std::size_t rows,
                   std::size_t channels, float* out);
void mix_gradients(const double* dx, const double* y, const GradientMix<double>& mix,
                   std::size_t rows, std::size_t channels, double* out);
void mix_gradients(const Bf16* dx, const Bf16* y, const GradientMix<float>& mix, std::size_t rows,
                   std::size_t channels, Bf16* out);

/// plain [C] = the sums of dx [rows, channels]; centred [C] = the sums of dx * (y - mean).
void gradient_sums(const float* dx, const float* y, const float* mean, std::size_t rows,
                   std::size_t channels, float* plain, float* centred);
void gradient_sums(const double* dx, const double* y, const double* mean, std::size_t rows,
                   std::size_t channels, double* plain, double* centred);

}  // namespace staa::kernels
