#include "staa/kernels/average_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/average_pool.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Calls f(large, small, right, below) for every window of an image. `large` is the offset of the
/// window's first pixel, `small` that of the pooled pixel; `right` and `below` are the distances to
/// the neighbouring pixels, 0 if there are none.
template <class F>
HWY_INLINE void for_windows(const PoolShape& shape, const F& f) {
  const auto row = shape.width * shape.channels;
  for (std::size_t y = 0; y < shape.height; y += 2) {
    const auto below = y + 1 < shape.height ? row : 0;
    for (std::size_t x = 0; x < shape.width; x += 2) {
      const auto right = x + 1 < shape.width ? shape.channels : 0;
      f(y * row + x * shape.channels, (y / 2 * shape.pooled_width() + x / 2) * shape.channels,
        right, below);
    }
  }
}

/// 1 / the number of pixels in a window.
template <class T>
HWY_INLINE T share(std::size_t right, std::size_t below) {
  return (right > 0 ? T(0.5) : T(1)) * (below > 0 ? T(0.5) : T(1));
}

template <class S>
void pool_of(const S* HWY_RESTRICT x, std::size_t images, const PoolShape& shape,
             S* HWY_RESTRICT y) {
  using T = Compute<S>;
  for (std::size_t image = 0; image < images;
       ++image, x += shape.size(), y += shape.pooled_size()) {
    for_windows(shape, [&](std::size_t from, std::size_t to, std::size_t right, std::size_t below)
                           HWY_ATTR {
                             const auto factor = share<T>(right, below);
                             for_channels<T>(shape.channels, [&](auto d, std::size_t c) HWY_ATTR {
                               const S* corner = x + from + c;
                               auto sum = load(d, corner);
                               if (right > 0) sum = hn::Add(sum, load(d, corner + right));
                               if (below > 0) sum = hn::Add(sum, load(d, corner + below));
                               if (right > 0 && below > 0)
                                 sum = hn::Add(sum, load(d, corner + right + below));
                               store(hn::Mul(sum, hn::Set(d, factor)), d, y + to + c);
                             });
                           });
  }
}

template <class S>
void pool_backward_of(const S* HWY_RESTRICT dy, std::size_t images, const PoolShape& shape,
                      S* HWY_RESTRICT dx) {
  using T = Compute<S>;
  for (std::size_t image = 0; image < images;
       ++image, dx += shape.size(), dy += shape.pooled_size()) {
    for_windows(shape, [&](std::size_t to, std::size_t from, std::size_t right,
                           std::size_t below) HWY_ATTR {
      const auto factor = share<T>(right, below);
      for_channels<T>(shape.channels, [&](auto d, std::size_t c) HWY_ATTR {
        S* corner = dx + to + c;
        const auto value = hn::Mul(load(d, dy + from + c), hn::Set(d, factor));
        store(value, d, corner);
        if (right > 0) store(value, d, corner + right);
        if (below > 0) store(value, d, corner + below);
        if (right > 0 && below > 0) store(value, d, corner + right + below);
      });
    });
  }
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                                \
  void average_pool2_##name(const S* x, std::size_t images, const PoolShape& shape, S* y) {   \
    pool_of(x, images, shape, y);                                                             \
  }                                                                                           \
  void average_pool2_backward_##name(const S* dy, std::size_t images, const PoolShape& shape, \
                                     S* dx) {                                                 \
    pool_backward_of(dy, images, shape, dx);                                                  \
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
#define STAA_FOR_TYPE(S, name)                                                                  \
  HWY_EXPORT(average_pool2_##name);                                                             \
  HWY_EXPORT(average_pool2_backward_##name);                                                    \
  void average_pool2(const S* x, std::size_t images, const PoolShape& shape, S* y) {            \
    HWY_DYNAMIC_DISPATCH(average_pool2_##name)(x, images, shape, y);                            \
  }                                                                                             \
  void average_pool2_backward(const S* dy, std::size_t images, const PoolShape& shape, S* dx) { \
    HWY_DYNAMIC_DISPATCH(average_pool2_backward_##name)(dy, images, shape, dx);                 \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels
#endif
