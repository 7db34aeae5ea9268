#include "staa/kernels/inference/currents.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/inference/currents.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

void whiten(const ImageShape& image, const float* HWY_RESTRICT values,
            const float* HWY_RESTRICT weight, std::size_t out, float* HWY_RESTRICT output) {
  const auto row = image.width * image.channels;
  const auto patch_row = 2 * image.channels;  // contiguous in memory
  for (std::size_t y = 0; y + 1 < image.height; ++y) {
    for (std::size_t x = 0; x + 1 < image.width; ++x) {
      const float* HWY_RESTRICT upper = values + y * row + x * image.channels;
      const float* HWY_RESTRICT lower = upper + row;
      for_channels<float>(out, [&](auto d, std::size_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (std::size_t i = 0; i < patch_row; ++i) {
          sum = hn::MulAdd(hn::Set(d, upper[i]), hn::LoadU(d, weight + i * out + c), sum);
        }
        for (std::size_t i = 0; i < patch_row; ++i) {
          const auto* HWY_RESTRICT w = weight + (patch_row + i) * out + c;
          sum = hn::MulAdd(hn::Set(d, lower[i]), hn::LoadU(d, w), sum);
        }
        hn::StoreU(hn::Max(sum, hn::Zero(d)), d, output + c);
      });
      output += out;
    }
  }
}

/// output[c] += gain * the earlier current at (row, column), whose channels are repeated.
void join(const Current& current, std::size_t row, std::size_t column, float* HWY_RESTRICT output) {
  const auto own = current.earlier_shape.channels;
  const auto across = current.earlier_shape.width * own;
  const std::size_t scale = current.halved ? 2 : 1;
  const float* HWY_RESTRICT at = current.earlier + scale * row * across + scale * column * own;
  // At an odd extent the last window has a single row or column.
  const std::size_t right = scale * column + 1 < current.earlier_shape.width ? own : 0;
  const std::size_t below = scale * row + 1 < current.earlier_shape.height ? across : 0;
  const float share = current.halved ? 0.25F * current.gain : current.gain;
  for (std::size_t first = 0; first < current.y.channels; first += own) {
    for_channels<float>(
        std::min(own, current.y.channels - first), [&](auto d, std::size_t c) HWY_ATTR {
          auto sum = hn::LoadU(d, at + c);
          if (current.halved) {
            const auto lower =
                hn::Add(hn::LoadU(d, at + below + c), hn::LoadU(d, at + below + right + c));
            sum = hn::Add(hn::Add(sum, hn::LoadU(d, at + right + c)), lower);
          }
          auto* HWY_RESTRICT to = output + first + c;
          hn::StoreU(hn::MulAdd(hn::Set(d, share), sum, hn::LoadU(d, to)), d, to);
        });
  }
}

void current(const Current& current, const float* HWY_RESTRICT y, float* HWY_RESTRICT output) {
  const auto channels = current.y.channels;
  const auto across = current.y.width * channels;
  const std::size_t step = current.max_pool ? 2 : 1;
  for (std::size_t row = 0; row < current.y.height / step; ++row) {
    for (std::size_t column = 0; column < current.y.width / step; ++column) {
      const float* HWY_RESTRICT at = y + step * row * across + step * column * channels;
      for_channels<float>(channels, [&](auto d, std::size_t c) HWY_ATTR {
        auto value = hn::LoadU(d, at + c);
        if (current.max_pool) {
          const auto upper = hn::Max(value, hn::LoadU(d, at + channels + c));
          const auto lower =
              hn::Max(hn::LoadU(d, at + across + c), hn::LoadU(d, at + across + channels + c));
          value = hn::Max(upper, lower);
        }
        value = hn::MulAdd(hn::LoadU(d, current.scale + c), value, hn::LoadU(d, current.bias + c));
        hn::StoreU(hn::Mul(hn::Set(d, current.gain), value), d, output + c);
      });
      if (current.earlier != nullptr) join(current, row, column, output);
      output += channels;
    }
  }
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(whiten);
HWY_EXPORT(current);

void whiten_patches(const ImageShape& image, const float* values, const float* weight,
                    std::size_t out, float* output) {
  HWY_DYNAMIC_DISPATCH(whiten)(image, values, weight, out, output);
}
void make_current(const Current& current, const float* y, float* output) {
  HWY_DYNAMIC_DISPATCH(current)(current, y, output);
}

}  // namespace staa::kernels
#endif
