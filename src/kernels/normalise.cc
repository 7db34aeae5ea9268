#include "staa/kernels/normalise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/normalise.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

template <class T>
void moments_of(const T* HWY_RESTRICT y, std::size_t rows, std::size_t channels,
                T* HWY_RESTRICT mean, T* HWY_RESTRICT squares) {
  // Distances from the first row, so that no digits are lost where the mean is far from 0.
  std::fill(mean, mean + channels, T(0));
  std::fill(squares, squares + channels, T(0));
  const auto block = block_pixels(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    const auto end = std::min(first + block, rows) * channels;
    for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto origin = hn::LoadU(d, y + c);
      auto sum = hn::LoadU(d, mean + c);
      auto square = hn::LoadU(d, squares + c);
      for (std::size_t i = first * channels + c; i < end; i += channels) {
        const auto distance = hn::Sub(hn::LoadU(d, y + i), origin);
        sum = hn::Add(sum, distance);
        square = hn::MulAdd(distance, distance, square);
      }
      hn::StoreU(sum, d, mean + c);
      hn::StoreU(square, d, squares + c);
    });
  }
  const T share = 1 / static_cast<T>(rows);
  for (std::size_t c = 0; c < channels; ++c) {
    squares[c] = std::max(squares[c] - mean[c] * mean[c] * share, T(0));
    mean[c] = y[c] + mean[c] * share;
  }
}

template <class T>
void mix_of(const T* dx, const T* y, const GradientMix<T>& mix, std::size_t rows,
            std::size_t channels, T* out) {
  const auto block = block_pixels(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    const auto end = std::min(first + block, rows) * channels;
    for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto a = hn::LoadU(d, mix.of_gradient + c);
      if (mix.of_value == nullptr) {
        for (std::size_t i = first * channels + c; i < end; i += channels) {
          hn::StoreU(hn::Mul(a, hn::LoadU(d, dx + i)), d, out + i);
        }
        return;
      }
      const auto b = hn::LoadU(d, mix.of_value + c);
      const auto constant = hn::LoadU(d, mix.constant + c);
      for (std::size_t i = first * channels + c; i < end; i += channels) {
        const auto even = hn::MulAdd(b, hn::LoadU(d, y + i), constant);
        hn::StoreU(hn::MulAdd(a, hn::LoadU(d, dx + i), even), d, out + i);
      }
    });
  }
}

void channel_moments_f32(const float* y, std::size_t rows, std::size_t channels, float* mean,
                         float* squares) {
  moments_of(y, rows, channels, mean, squares);
}
void mix_gradients_f32(const float* dx, const float* y, const GradientMix<float>& mix,
                       std::size_t rows, std::size_t channels, float* out) {
  mix_of(dx, y, mix, rows, channels, out);
}
void channel_moments_f64(const double* y, std::size_t rows, std::size_t channels, double* mean,
                         double* squares) {
  moments_of(y, rows, channels, mean, squares);
}
void mix_gradients_f64(const double* dx, const double* y, const GradientMix<double>& mix,
                       std::size_t rows, std::size_t channels, double* out) {
  mix_of(dx, y, mix, rows, channels, out);
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(channel_moments_f32);
HWY_EXPORT(channel_moments_f64);
HWY_EXPORT(mix_gradients_f32);
HWY_EXPORT(mix_gradients_f64);

void channel_moments(const float* y, std::size_t rows, std::size_t channels, float* mean,
                     float* squares) {
  HWY_DYNAMIC_DISPATCH(channel_moments_f32)(y, rows, channels, mean, squares);
}

void mix_gradients(const float* dx, const float* y, const GradientMix<float>& mix, std::size_t rows,
                   std::size_t channels, float* out) {
  HWY_DYNAMIC_DISPATCH(mix_gradients_f32)(dx, y, mix, rows, channels, out);
}

void channel_moments(const double* y, std::size_t rows, std::size_t channels, double* mean,
                     double* squares) {
  HWY_DYNAMIC_DISPATCH(channel_moments_f64)(y, rows, channels, mean, squares);
}

void mix_gradients(const double* dx, const double* y, const GradientMix<double>& mix,
                   std::size_t rows, std::size_t channels, double* out) {
  HWY_DYNAMIC_DISPATCH(mix_gradients_f64)(dx, y, mix, rows, channels, out);
}

}  // namespace staa::kernels
#endif
