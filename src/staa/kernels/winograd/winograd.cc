#include "staa/kernels/winograd/winograd.h"

#include <algorithm>

#include "staa/kernels/buffer.h"
#include "staa/kernels/cache.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/winograd/winograd.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {
namespace winograd {

using Vector = hn::ScalableTag<float>;

constexpr std::size_t kTile = 4;  ///< output pixels along an edge of a tile
constexpr std::size_t kEdge = 6;  ///< input pixels and frequencies along an edge
constexpr std::size_t kFrequencies = kEdge * kEdge;
constexpr std::size_t kTaps = 9;

constexpr std::size_t kLanes = hn::MaxLanes(Vector());
constexpr std::size_t kPanel = 2 * kLanes;  ///< output channels in a panel of weights
constexpr std::size_t kGroup = 16;          ///< input channels that lie together per tile
constexpr bool kManyRegisters = kLanes >= 16 || HWY_ARCH_ARM_A64;  ///< 32, not 16
/// Rows of the products' sums in registers, beside two vectors of weights.
constexpr std::size_t kRows = kManyRegisters ? 12 : 6;
/// The same for the weight gradient, in input channels; divides kGroup.
constexpr std::size_t kChannelRows = kManyRegisters ? 8 : 4;

std::size_t rounded_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

std::size_t panels_of(const ConvolutionShape& shape) { return (shape.out + kPanel - 1) / kPanel; }

/// The tiles of a shape, and where their pixels are.
class Tiles {
 public:
  explicit Tiles(const ConvolutionShape& shape)
      : rows_((shape.height + kTile - 1) / kTile), columns_((shape.width + kTile - 1) / kTile) {}

  /// The index of the image of tile t and the position of the tile's first output pixel.
  struct Place {
    std::size_t image;
    std::size_t y;
    std::size_t x;
  };
  Place place(std::size_t t) const {
    return {t / (rows_ * columns_), t / columns_ % rows_ * kTile, t % columns_ * kTile};
  }

 private:
  std::size_t rows_;
  std::size_t columns_;
};

/// Transformed input tiles of a block of tiles, [36, groups, tiles, kGroup]: the channels of a
/// group lie together for each tile, as the products read them.
struct InputBlock {
  InputBlock(const ConvolutionShape& shape, std::size_t tiles)
      : group(tiles * kGroup),
        // One line more, so that the frequencies do not compete for the same places in the cache.
        frequency(rounded_up(shape.in, kGroup) * tiles + kGroup) {}
  std::size_t size() const { return kFrequencies * frequency; }

  std::size_t group;
  std::size_t frequency;
};

/// Transforms the tile of `values` [H, W, channels] whose first pixel is at (y, x), which may lie
/// one before the image; pixels outside it are 0. `place(c)` is where the first frequency of
/// channel c goes; the others follow at distances of `frequency`.
template <class Transform, class Place>
HWY_INLINE void transform_tile(const float* HWY_RESTRICT values, std::size_t height,
                               std::size_t width, std::size_t channels, std::ptrdiff_t y,
                               std::ptrdiff_t x, std::size_t frequency, const Place& place) {
  constexpr auto kIn = Transform::kIn;
  const auto inside = [](std::ptrdiff_t at, std::size_t size) {
    return at >= 0 && at < static_cast<std::ptrdiff_t>(size);
  };
  // Where pixels are, or null for those outside.
  const float* pixels[kIn][kIn];
  for (std::size_t i = 0; i < kIn; ++i) {
    for (std::size_t j = 0; j < kIn; ++j) {
      const auto row = y + static_cast<std::ptrdiff_t>(i);
      const auto column = x + static_cast<std::ptrdiff_t>(j);
      pixels[i][j] = inside(row, height) && inside(column, width)
                         ? values + (static_cast<std::size_t>(row) * width +
                                     static_cast<std::size_t>(column)) *
                                        channels
                         : nullptr;
    }
  }
  for_channels<float>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    float* HWY_RESTRICT to = place(c);
    transform_square<Transform>(
        d,
        [&](std::size_t i, std::size_t j) HWY_ATTR {
          return pixels[i][j] != nullptr ? hn::LoadU(d, pixels[i][j] + c) : hn::Zero(d);
        },
        [&](std::size_t i, std::size_t j, auto v)
            HWY_ATTR { hn::StoreU(v, d, to + (i * kEdge + j) * frequency); });
  });
}

void transform_input(const ConvolutionShape& shape, const Tiles& tiles, const float* input,
                     TileRange range, const InputBlock& block, float* transformed) {
  for (auto t = range.begin; t < range.end; ++t) {
    const auto at = tiles.place(t);
    float* tile = transformed + (t - range.begin) * kGroup;
    transform_tile<OfInput>(
        input + at.image * shape.height * shape.width * shape.in, shape.height, shape.width,
        shape.in, static_cast<std::ptrdiff_t>(at.y) - 1, static_cast<std::ptrdiff_t>(at.x) - 1,
        block.frequency,
        [&](std::size_t c) { return tile + c / kGroup * block.group + c % kGroup; });
  }
}

/// sums[r, :] = sum over c of a[r, c] * weights[c, :] for kRows rows and one panel of weights.
HWY_INLINE void multiply_rows(const float* HWY_RESTRICT a, std::size_t group, std::size_t channels,
                              const float* HWY_RESTRICT weights, float* HWY_RESTRICT sums) {
  const Vector d;
  hn::Vec<Vector> low[kRows];
  hn::Vec<Vector> high[kRows];
  for (std::size_t r = 0; r < kRows; ++r) low[r] = high[r] = hn::Zero(d);
  for (std::size_t c = 0; c < channels; c += kGroup, a += group) {
    const auto end = std::min(kGroup, channels - c);
    for (std::size_t i = 0; i < end; ++i, weights += kPanel) {
      const auto first = hn::Load(d, weights);
      const auto second = hn::Load(d, weights + kLanes);
      for (std::size_t r = 0; r < kRows; ++r) {
        const auto value = hn::Set(d, a[r * kGroup + i]);
        low[r] = hn::MulAdd(value, first, low[r]);
        high[r] = hn::MulAdd(value, second, high[r]);
      }
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    hn::Store(low[r], d, sums + r * kPanel);
    hn::Store(high[r], d, sums + r * kPanel + kLanes);
  }
}

/// The number of tiles that are transformed together: half of the second-level cache, in whole rows
/// of the products.
std::size_t forward_tiles(const ConvolutionShape& shape) {
  const auto per_tile = kFrequencies * rounded_up(shape.in, kGroup) * sizeof(float);
  return std::clamp<std::size_t>(cache_bytes() / 2 / per_tile / kRows, 1, 8) * kRows;
}

/// Writes the channels [begin, end) of output tiles from the sums [36, tiles, kPanel] of a panel.
void write_output(const ConvolutionShape& shape, const Tiles& tiles, TileRange range,
                  const float* sums, std::size_t frequency, std::size_t begin, std::size_t end,
                  float* output) {
  for (auto t = range.begin; t < range.end; ++t) {
    const auto at = tiles.place(t);
    const float* tile = sums + (t - range.begin) * kPanel;
    float* to =
        output + ((at.image * shape.height + at.y) * shape.width + at.x) * shape.out + begin;
    const auto rows = std::min(kTile, shape.height - at.y);
    const auto columns = std::min(kTile, shape.width - at.x);
    for_channels<float>(end - begin, [&](auto d, std::size_t c) HWY_ATTR {
      transform_square<ToOutput>(
          d,
          [&](std::size_t i, std::size_t j)
              HWY_ATTR { return hn::LoadU(d, tile + (i * kEdge + j) * frequency + c); },
          [&](std::size_t i, std::size_t j, auto v) HWY_ATTR {
            if (i < rows && j < columns) {
              hn::StoreU(v, d, to + (i * shape.width + j) * shape.out + c);
            }
          });
    });
  }
}

void convolve(const ConvolutionShape& shape, const float* input, const float* transformed,
              float* output, TileRange range) {
  thread_local Buffer<float> inputs;
  thread_local Buffer<float> sums;
  const Tiles tiles(shape);
  const auto block_tiles = forward_tiles(shape);
  const InputBlock block(shape, block_tiles);
  const auto panels = panels_of(shape);
  // Rows without a tile are multiplied like the others.
  float* v = inputs.zeroed(block.size());
  const auto frequency = block_tiles * kPanel + kGroup;
  float* m = sums.need(kFrequencies * frequency);
  for (auto t = range.begin; t < range.end; t += block_tiles) {
    const TileRange some{t, std::min(t + block_tiles, range.end)};
    transform_input(shape, tiles, input, some, block, v);
    const auto rows = rounded_up(some.end - some.begin, kRows);
    for (std::size_t panel = 0; panel < panels; ++panel) {
      for (std::size_t f = 0; f < kFrequencies; ++f) {
        const float* weights = transformed + (panel * kFrequencies + f) * shape.in * kPanel;
        for (std::size_t r = 0; r < rows; r += kRows) {
          multiply_rows(v + f * block.frequency + r * kGroup, block.group, shape.in, weights,
                        m + f * frequency + r * kPanel);
        }
      }
      const auto begin = panel * kPanel;
      write_output(shape, tiles, some, m, frequency, begin, std::min(begin + kPanel, shape.out),
                   output);
    }
  }
}

/// sums[r, :] += sum over t of x[t, r] * dy[t, :] for kCount input channels and one panel.
template <std::size_t kCount>
HWY_INLINE void multiply_channels(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                                  std::size_t tiles, float* HWY_RESTRICT sums) {
  const Vector d;
  hn::Vec<Vector> low[kCount];
  hn::Vec<Vector> high[kCount];
  for (std::size_t r = 0; r < kCount; ++r) {
    low[r] = hn::Load(d, sums + r * kPanel);
    high[r] = hn::Load(d, sums + r * kPanel + kLanes);
  }
  for (std::size_t t = 0; t < tiles; ++t, x += kGroup, dy += kPanel) {
    const auto first = hn::Load(d, dy);
    const auto second = hn::Load(d, dy + kLanes);
    for (std::size_t r = 0; r < kCount; ++r) {
      const auto value = hn::Set(d, x[r]);
      low[r] = hn::MulAdd(value, first, low[r]);
      high[r] = hn::MulAdd(value, second, high[r]);
    }
  }
  for (std::size_t r = 0; r < kCount; ++r) {
    hn::Store(low[r], d, sums + r * kPanel);
    hn::Store(high[r], d, sums + r * kPanel + kLanes);
  }
}

void weight_gradient(const ConvolutionShape& shape, const float* input,
                     const float* output_gradients, float* sums, TileRange range) {
  thread_local Buffer<float> inputs;
  thread_local Buffer<float> gradients;
  const Tiles tiles(shape);
  const auto panels = panels_of(shape);
  // The sums are read and written once per block of tiles.
  const std::size_t block_tiles =
      std::clamp<std::size_t>(shape.in * shape.out / (shape.in + shape.out), 64, 128);
  const InputBlock block(shape, block_tiles);
  float* v = inputs.need(block.size());
  const auto panel_size = block_tiles * kPanel;
  const auto frequency = panels * panel_size + kGroup;
  // Only the padding of the last panel is read without being written.
  const auto size = kFrequencies * frequency;
  float* m = shape.out % kPanel == 0 ? gradients.need(size) : gradients.zeroed(size);
  for (auto t = range.begin; t < range.end; t += block_tiles) {
    const TileRange some{t, std::min(t + block_tiles, range.end)};
    const auto count = some.end - some.begin;
    transform_input(shape, tiles, input, some, block, v);
    for (auto tile = some.begin; tile < some.end; ++tile) {
      const auto at = tiles.place(tile);
      float* row = m + (tile - some.begin) * kPanel;
      transform_tile<OfOutputGradient>(
          output_gradients + at.image * shape.height * shape.width * shape.out, shape.height,
          shape.width, shape.out, static_cast<std::ptrdiff_t>(at.y),
          static_cast<std::ptrdiff_t>(at.x), frequency,
          [&](std::size_t c) { return row + c / kPanel * panel_size + c % kPanel; });
    }
    for (std::size_t panel = 0; panel < panels; ++panel) {
      for (std::size_t f = 0; f < kFrequencies; ++f) {
        float* to = sums + (panel * kFrequencies + f) * shape.in * kPanel;
        const float* dy = m + f * frequency + panel * panel_size;
        std::size_t c = 0;
        const auto x = [&](std::size_t channel) {
          return v + f * block.frequency + channel / kGroup * block.group + channel % kGroup;
        };
        for (; c + kChannelRows <= shape.in; c += kChannelRows) {
          multiply_channels<kChannelRows>(x(c), dy, count, to + c * kPanel);
        }
        for (; c < shape.in; ++c) multiply_channels<1>(x(c), dy, count, to + c * kPanel);
      }
    }
  }
}

std::size_t weights_size(const ConvolutionShape& shape) {
  return panels_of(shape) * kFrequencies * shape.in * kPanel;
}

void transform_weights(const ConvolutionShape& shape, WinogradUse use, const float* weights,
                       float* transformed, PanelRange range) {
  const bool rotated = use == WinogradUse::kInputGradient;
  // The distances between the weights of neighbouring output and input channels.
  const auto across = rotated ? std::size_t{1} : kTaps * shape.in;
  const auto along = rotated ? kTaps * shape.out : std::size_t{1};
  const auto tap = rotated ? shape.out : shape.in;
  for (auto panel = range.begin; panel < range.end; ++panel) {
    const auto first = panel * kPanel;
    const auto count = std::min(kPanel, shape.out - first);
    for (std::size_t c = 0; c < shape.in; ++c) {
      float kernels[kTaps][kPanel] = {};
      for (std::size_t i = 0; i < kTaps; ++i) {
        const float* from =
            weights + first * across + c * along + (rotated ? kTaps - 1 - i : i) * tap;
        for (std::size_t n = 0; n < count; ++n) kernels[i][n] = from[n * across];
      }
      float* to = transformed + (panel * kFrequencies * shape.in + c) * kPanel;
      for_channels<float>(kPanel, [&](auto d, std::size_t n) HWY_ATTR {
        transform_square<OfKernel>(
            d,
            [&](std::size_t i, std::size_t j)
                HWY_ATTR { return hn::LoadU(d, kernels[i * 3 + j] + n); },
            [&](std::size_t i, std::size_t j, auto v)
                HWY_ATTR { hn::StoreU(v, d, to + (i * kEdge + j) * shape.in * kPanel + n); });
      });
    }
  }
}

void restore_weights(const ConvolutionShape& shape, const float* sums, std::size_t parts,
                     float* weights, PanelRange range) {
  const auto part_size = weights_size(shape);
  for (auto panel = range.begin; panel < range.end; ++panel) {
    const auto first = panel * kPanel;
    const auto count = std::min(kPanel, shape.out - first);
    for (std::size_t c = 0; c < shape.in; ++c) {
      float kernels[kTaps][kPanel];
      const float* from = sums + (panel * kFrequencies * shape.in + c) * kPanel;
      for_channels<float>(kPanel, [&](auto d, std::size_t n) HWY_ATTR {
        transform_square<ToKernelGradient>(
            d,
            [&](std::size_t i, std::size_t j) HWY_ATTR {
              const float* at = from + (i * kEdge + j) * shape.in * kPanel + n;
              auto total = hn::LoadU(d, at);
              for (std::size_t part = 1; part < parts; ++part) {
                total = hn::Add(total, hn::LoadU(d, at + part * part_size));
              }
              return total;
            },
            [&](std::size_t i, std::size_t j, auto v)
                HWY_ATTR { hn::StoreU(v, d, kernels[i * 3 + j] + n); });
      });
      for (std::size_t n = 0; n < count; ++n) {
        for (std::size_t i = 0; i < kTaps; ++i) {
          weights[((first + n) * kTaps + i) * shape.in + c] = kernels[i][n];
        }
      }
    }
  }
}

}  // namespace winograd

// Highway's table takes names of this namespace.
std::size_t winograd_panels_of(const ConvolutionShape& shape) { return winograd::panels_of(shape); }
std::size_t winograd_size_of(const ConvolutionShape& shape) {
  return winograd::weights_size(shape);
}
void winograd_transform(const ConvolutionShape& shape, WinogradUse use, const float* weights,
                        float* transformed, PanelRange panels) {
  winograd::transform_weights(shape, use, weights, transformed, panels);
}
void winograd_restore(const ConvolutionShape& shape, const float* sums, std::size_t parts,
                      float* weights, PanelRange panels) {
  winograd::restore_weights(shape, sums, parts, weights, panels);
}
void winograd_convolve(const ConvolutionShape& shape, const float* input, const float* transformed,
                       float* output, TileRange tiles) {
  winograd::convolve(shape, input, transformed, output, tiles);
}
void winograd_gradient(const ConvolutionShape& shape, const float* input,
                       const float* output_gradients, float* sums, TileRange tiles) {
  winograd::weight_gradient(shape, input, output_gradients, sums, tiles);
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(winograd_panels_of);
HWY_EXPORT(winograd_size_of);
HWY_EXPORT(winograd_transform);
HWY_EXPORT(winograd_restore);
HWY_EXPORT(winograd_convolve);
HWY_EXPORT(winograd_gradient);

bool takes_winograd(const ConvolutionShape& shape) {
  return shape.images > 0 && shape.height > 0 && shape.width > 0 && shape.in > 0 && shape.out > 0 &&
         shape.kernel == 3 && shape.padding == 1 && shape.stride == 1;
}

std::size_t winograd_tiles(const ConvolutionShape& shape) {
  return shape.images * ((shape.height + 3) / 4) * ((shape.width + 3) / 4);
}

bool winograd_pays(const ConvolutionShape& shape) {
  const auto pixels = shape.height * shape.width;
  // Tiles that are half outside their image waste what the algorithm saves, and in small images
  // transforming the weights costs more than the convolution. The number of images must not count:
  // a batch that is divided among processes shall give the same as the whole.
  return shape.in >= 16 && shape.out >= 16 && pixels >= 49 &&
         2 * pixels * shape.images >= 16 * winograd_tiles(shape);
}

std::size_t winograd_panels(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(winograd_panels_of)(shape);
}

std::size_t winograd_weights_size(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(winograd_size_of)(shape);
}

void winograd_weights(const ConvolutionShape& shape, WinogradUse use, const float* weights,
                      float* transformed, PanelRange panels) {
  HWY_DYNAMIC_DISPATCH(winograd_transform)(shape, use, weights, transformed, panels);
}

void winograd_convolution(const ConvolutionShape& shape, const float* input,
                          const float* transformed, float* output, TileRange tiles) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve)(shape, input, transformed, output, tiles);
}

void winograd_weight_gradient(const ConvolutionShape& shape, const float* input,
                              const float* output_gradients, float* sums, TileRange tiles) {
  HWY_DYNAMIC_DISPATCH(winograd_gradient)(shape, input, output_gradients, sums, tiles);
}

void restore_winograd_weights(const ConvolutionShape& shape, const float* sums, std::size_t parts,
                              float* weights, PanelRange panels) {
  HWY_DYNAMIC_DISPATCH(winograd_restore)(shape, sums, parts, weights, panels);
}

}  // namespace staa::kernels
#endif
