#include "staa/kernels/neuron/normalise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/neuron/normalise.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

template <class S, class T = Compute<S>>
void moments_of(const S* HWY_RESTRICT y, std::size_t rows, std::size_t channels,
                T* HWY_RESTRICT mean, T* HWY_RESTRICT squares) {
  // Sum distances from the first row, so that no digits are lost if the mean is far from 0.
  std::fill(mean, mean + channels, T(0));
  std::fill(squares, squares + channels, T(0));
  const auto block = block_pixels(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    const auto end = std::min(first + block, rows) * channels;
    for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto origin = load(d, y + c);
      auto sum = hn::LoadU(d, mean + c);
      auto square = hn::LoadU(d, squares + c);
      for (std::size_t i = first * channels + c; i < end; i += channels) {
        const auto distance = hn::Sub(load(d, y + i), origin);
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
    mean[c] = scalar(y[c]) + mean[c] * share;
  }
}

template <class S, class T = Compute<S>>
void mix_of(const S* dx, const S* y, const GradientMix<T>& mix, std::size_t rows,
            std::size_t channels, S* out) {
  const auto block = block_pixels(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    const auto end = std::min(first + block, rows) * channels;
    for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto a = hn::LoadU(d, mix.of_gradient + c);
      if (mix.of_value == nullptr) {
        for (std::size_t i = first * channels + c; i < end; i += channels) {
          store(hn::Mul(a, load(d, dx + i)), d, out + i);
        }
        return;
      }
      const auto b = hn::LoadU(d, mix.of_value + c);
      const auto constant = hn::LoadU(d, mix.constant + c);
      for (std::size_t i = first * channels + c; i < end; i += channels) {
        const auto even = hn::MulAdd(b, load(d, y + i), constant);
        store(hn::MulAdd(a, load(d, dx + i), even), d, out + i);
      }
    });
  }
}

template <class T>
void gradient_sums_of(const T* HWY_RESTRICT dx, const T* HWY_RESTRICT y, const T* HWY_RESTRICT mean,
                      std::size_t rows, std::size_t channels, T* HWY_RESTRICT plain,
                      T* HWY_RESTRICT centred) {
  std::fill(plain, plain + channels, T(0));
  std::fill(centred, centred + channels, T(0));
  const auto block = block_pixels(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    const auto pixels = std::min(block, rows - first);
    add_plain(dx + first * channels, channels, pixels, plain);
    add_products(dx + first * channels, y + first * channels, mean, channels, pixels, centred);
  }
}

void gradient_sums_f32(const float* dx, const float* y, const float* mean, std::size_t rows,
                       std::size_t channels, float* plain, float* centred) {
  gradient_sums_of(dx, y, mean, rows, channels, plain, centred);
}
void gradient_sums_f64(const double* dx, const double* y, const double* mean, std::size_t rows,
                       std::size_t channels, double* plain, double* centred) {
  gradient_sums_of(dx, y, mean, rows, channels, plain, centred);
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                           \
  void channel_moments_##name(const S* y, std::size_t rows, std::size_t channels,        \
                              Compute<S>* mean, Compute<S>* squares) {                   \
    moments_of(y, rows, channels, mean, squares);                                        \
  }                                                                                      \
  void mix_gradients_##name(const S* dx, const S* y, const GradientMix<Compute<S>>& mix, \
                            std::size_t rows, std::size_t channels, S* out) {            \
    mix_of(dx, y, mix, rows, channels, out);                                             \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                               \
  HWY_EXPORT(channel_moments_##name);                                                        \
  HWY_EXPORT(mix_gradients_##name);                                                          \
  void channel_moments(const S* y, std::size_t rows, std::size_t channels, Compute<S>* mean, \
                       Compute<S>* squares) {                                                \
    HWY_DYNAMIC_DISPATCH(channel_moments_##name)(y, rows, channels, mean, squares);          \
  }                                                                                          \
  void mix_gradients(const S* dx, const S* y, const GradientMix<Compute<S>>& mix,            \
                     std::size_t rows, std::size_t channels, S* out) {                       \
    HWY_DYNAMIC_DISPATCH(mix_gradients_##name)(dx, y, mix, rows, channels, out);             \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

HWY_EXPORT(gradient_sums_f32);
HWY_EXPORT(gradient_sums_f64);
void gradient_sums(const float* dx, const float* y, const float* mean, std::size_t rows,
                   std::size_t channels, float* plain, float* centred) {
  HWY_DYNAMIC_DISPATCH(gradient_sums_f32)(dx, y, mean, rows, channels, plain, centred);
}
void gradient_sums(const double* dx, const double* y, const double* mean, std::size_t rows,
                   std::size_t channels, double* plain, double* centred) {
  HWY_DYNAMIC_DISPATCH(gradient_sums_f64)(dx, y, mean, rows, channels, plain, centred);
}

}  // namespace staa::kernels
#endif
