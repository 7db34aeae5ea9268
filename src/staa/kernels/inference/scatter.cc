#include "staa/kernels/inference/scatter.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/inference/scatter.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// out[i] += value * weights[i].
HWY_INLINE void add_scaled(float value, const float* HWY_RESTRICT weights, std::size_t size,
                           float* HWY_RESTRICT out) {
  for_channels<float>(size, [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::MulAdd(hn::Set(d, value), hn::LoadU(d, weights + i), hn::LoadU(d, out + i)), d,
               out + i);
  });
}

void convolve(const ScatterConvolution& shape, const float* HWY_RESTRICT weights,
              const SparseValues& in, float* HWY_RESTRICT output) {
  const auto out = shape.out / shape.groups;
  const auto in_group = shape.channels / shape.groups;
  const auto tap_row = shape.kernel_columns * out;
  for (std::size_t n = 0; n < in.count; ++n) {
    const auto at = in.active == nullptr ? n : in.active[n];
    const float value = in.values[at];
    if (value == 0) continue;
    const auto pixel = at / shape.channels;
    const auto channel = at - pixel * shape.channels;
    const auto y = pixel / shape.width;
    const auto x = pixel - y * shape.width;
    const auto* first = shape.columns.begin(x);
    const auto columns = shape.columns.size(x);
    if (columns == 0) continue;
    const float* HWY_RESTRICT of_channel = weights + channel * shape.kernel_rows * tap_row;
    float* HWY_RESTRICT of_group = output + channel / in_group * out;
    for (const auto* row = shape.rows.begin(y); row != shape.rows.end(y); ++row) {
      const float* HWY_RESTRICT from = of_channel + row->kernel * tap_row;
      float* HWY_RESTRICT to = of_group + row->out * shape.out_width * shape.out;
      const auto backwards = [&](const Taps::Tap& tap) {
        return from + (shape.kernel_columns - 1 - tap.kernel) * out;
      };
      if (shape.side_by_side) {
        add_scaled(value, backwards(*first), columns * out, to + first->out * out);
        continue;
      }
      for (std::size_t k = 0; k < columns; ++k) {
        add_scaled(value, backwards(first[k]), out, to + first[k].out * shape.out);
      }
    }
  }
}

/// Four vectors of outputs at a time stay in registers while the loop runs over all values.
void multiply(std::size_t out, const float* HWY_RESTRICT weights, const SparseValues& in,
              float* HWY_RESTRICT output) {
  const hn::ScalableTag<float> d;
  const auto lanes = hn::Lanes(d);
  std::size_t c = 0;
  for (; c + 4 * lanes <= out; c += 4 * lanes) {
    auto a = hn::LoadU(d, output + c);
    auto b = hn::LoadU(d, output + c + lanes);
    auto e = hn::LoadU(d, output + c + 2 * lanes);
    auto f = hn::LoadU(d, output + c + 3 * lanes);
    for (std::size_t n = 0; n < in.count; ++n) {
      const auto at = in.active == nullptr ? n : in.active[n];
      const float* HWY_RESTRICT row = weights + at * out + c;
      if (in.values[at] == 0) continue;
      const auto value = hn::Set(d, in.values[at]);
      a = hn::MulAdd(value, hn::LoadU(d, row), a);
      b = hn::MulAdd(value, hn::LoadU(d, row + lanes), b);
      e = hn::MulAdd(value, hn::LoadU(d, row + 2 * lanes), e);
      f = hn::MulAdd(value, hn::LoadU(d, row + 3 * lanes), f);
    }
    hn::StoreU(a, d, output + c);
    hn::StoreU(b, d, output + c + lanes);
    hn::StoreU(e, d, output + c + 2 * lanes);
    hn::StoreU(f, d, output + c + 3 * lanes);
  }
  if (c == out) return;
  for (std::size_t n = 0; n < in.count; ++n) {
    const auto at = in.active == nullptr ? n : in.active[n];
    if (in.values[at] == 0) continue;
    add_scaled(in.values[at], weights + at * out + c, out - c, output + c);
  }
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(convolve);
HWY_EXPORT(multiply);

Taps::Taps(std::size_t inputs, std::size_t outputs, std::size_t kernel, std::size_t stride,
           std::size_t before, std::size_t dilation) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < inputs; ++i) {
    for (std::size_t k = kernel; k-- > 0;) {  // the last tap belongs to the first output
      const auto reached = i + before;
      if (reached < k * dilation || (reached - k * dilation) % stride != 0) continue;
      const auto out = (reached - k * dilation) / stride;
      if (out >= outputs) continue;
      taps_.push_back({static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(out)});
    }
    starts_.push_back(static_cast<std::uint32_t>(taps_.size()));
  }
}

void order_scatter_weights(const ScatterConvolution& shape, const float* weights, float* ordered) {
  const auto in = shape.channels / shape.groups;
  const auto out = shape.out / shape.groups;
  for (std::size_t channel = 0; channel < shape.channels; ++channel) {
    const auto group = channel / in;
    for (std::size_t y = 0; y < shape.kernel_rows; ++y) {
      for (std::size_t x = shape.kernel_columns; x-- > 0;) {
        const float* from = weights +
                            ((y * shape.kernel_columns + x) * in + channel % in) * shape.out +
                            group * out;
        ordered = std::copy(from, from + out, ordered);
      }
    }
  }
}

void scatter_convolution(const ScatterConvolution& shape, const float* ordered,
                         const SparseValues& in, float* output) {
  HWY_DYNAMIC_DISPATCH(convolve)(shape, ordered, in, output);
}

void scatter_matrix(std::size_t out, const float* weights, const SparseValues& in, float* output) {
  HWY_DYNAMIC_DISPATCH(multiply)(out, weights, in, output);
}

}  // namespace staa::kernels
#endif
