#include "staa/kernels/spike_convolution/spike_convolution.h"

#include <hwy/aligned_allocator.h>

#include <type_traits>

#include "staa/kernels/spike_convolution/spike_lists.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/spike_convolution/spike_convolution.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// The most bytes of canvas for a group of images. Every spike reads and writes the canvas, so it
/// must stay in the second-level cache together with the lists.
constexpr std::size_t kCanvasBytes = std::size_t{96} << 10;

template <class T>
constexpr std::size_t lanes() {
  return hn::MaxLanes(hn::ScalableTag<T>());
}

/// The number of vectors of output channels that are processed together: with three taps per row,
/// four vectors fill the registers.
template <class T>
std::size_t block_vectors(std::size_t out) {
  const auto vectors = (out + lanes<T>() - 1) / lanes<T>();
  return vectors >= 3 ? 4 : vectors;
}

/// The division of the output channels into blocks, and the place of a block in ordered weights.
template <class T>
struct Blocks {
  explicit Blocks(const ConvolutionShape& shape)
      : size(block_vectors<T>(shape.out) * lanes<T>()),
        count((shape.out + size - 1) / size),
        taps(shape.kernel * shape.kernel),
        in(shape.in),
        out(shape.out) {}

  std::size_t total() const { return count * in * taps * size; }
  /// The offset of a row of `size` values in ordered weights [count, in, k * k, size].
  std::size_t row(std::size_t block, std::size_t channel, std::size_t tap) const {
    return ((block * in + channel) * taps + tap) * size;
  }
  /// The number of output channels in block b, without padding.
  std::size_t channels(std::size_t b) const { return std::min(size, out - b * size); }

  std::size_t size;
  std::size_t count;
  std::size_t taps;
  std::size_t in;
  std::size_t out;
};

/// The state for a range of images: a canvas for one group of images and one block of output
/// channels at a time.
template <class T>
class Work {
 public:
  Work(const ConvolutionShape& shape, ImageRange images)
      : shape_(shape), blocks_(shape), canvas_(shape), images_(images) {
    image_ = canvas_.positions() * blocks_.size;
    group_ =
        std::clamp<std::size_t>(kCanvasBytes / (image_ * sizeof(T)), 1, images.end - images.begin);
    values_ = hwy::AllocateAligned<T>(group_ * image_);
  }

  const Blocks<T>& blocks() const { return blocks_; }
  T* values() { return values_.get(); }
  void clear() { std::fill_n(values_.get(), group_ * image_, T(0)); }

  /// Calls f(images, lists) for every group.
  template <class F>
  void for_groups(const std::uint64_t* spikes, const F& f) {
    SpikeLists lists(shape_, group_, blocks_.size);
    for (auto image = images_.begin; image < images_.end; image += group_) {
      const ImageRange group{image, std::min(image + group_, images_.end)};
      lists.fill(spikes, group);
      f(group, lists);
    }
  }

  /// Calls f(list, tap, columns, canvas) for every input channel and kernel row of every phase.
  /// `tap` is the first of `columns` taps, which are `stride` apart in the kernel. `canvas` is
  /// moved so that a spike's offset leads to the place of that tap.
  template <class F>
  void for_lists(const SpikeLists& lists, const F& f) {
    const auto line = canvas_.columns() * blocks_.size;
    for (std::size_t p = 0; p < shape_.stride; ++p) {
      for (std::size_t q = 0; q < shape_.stride; ++q) {
        const auto columns = canvas_.taps(q);
        if (columns == 0) continue;
        for (std::size_t c = 0; c < shape_.in; ++c) {
          const auto list = lists.list(p, q, c);
          if (list.size == 0) continue;
          for (std::size_t i = 0; i < canvas_.taps(p); ++i) {
            const auto tap = (p + i * shape_.stride) * shape_.kernel + q;
            // The listed places are at least i rows down, so no offset leads to memory before the
            // canvas.
            f(list, c, tap, columns, values_.get() - i * line);
          }
        }
      }
    }
  }

  /// Calls f(place, pixel) for every output position of a group, with its values on the canvas and
  /// its index in [N, H', W'].
  template <class F>
  void for_places(ImageRange group, const F& f) {
    const auto height = shape_.out_height();
    const auto width = shape_.out_width();
    for (auto image = group.begin; image < group.end; ++image) {
      for (std::size_t y = 0; y < height; ++y) {
        const auto row = (canvas_.border() + y) * canvas_.columns() + canvas_.border();
        T* place = values_.get() + (image - group.begin) * image_ + row * blocks_.size;
        const auto pixel = (image * height + y) * width;
        for (std::size_t x = 0; x < width; ++x) f(place + x * blocks_.size, pixel + x);
      }
    }
  }

 private:
  ConvolutionShape shape_;
  Blocks<T> blocks_;
  Canvas canvas_;
  ImageRange images_;
  std::size_t image_ = 0;
  std::size_t group_ = 1;
  hwy::AlignedFreeUniquePtr<T[]> values_;
};

/// canvas[offset - j] += weights[j] for every spike and every tap j of a kernel row. Weights and
/// places are kVectors vectors long.
template <class T, std::size_t kTaps, std::size_t kVectors>
void scatter(SpikeLists::List list, const T* HWY_RESTRICT weights, std::size_t tap_step,
             T* HWY_RESTRICT canvas) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kBlock = kVectors * lanes<T>();
  hn::Vec<decltype(d)> w[kTaps * kVectors];
  for (std::size_t j = 0; j < kTaps; ++j) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      w[j * kVectors + v] = hn::Load(d, weights + j * tap_step + v * lanes<T>());
    }
  }
  for (std::size_t i = 0; i < list.size; ++i) {
    T* HWY_RESTRICT place = canvas + list.offsets[i];
    for (std::size_t j = 0; j < kTaps; ++j) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        T* HWY_RESTRICT at = place - j * kBlock + v * lanes<T>();
        hn::Store(hn::Add(hn::Load(d, at), w[j * kVectors + v]), d, at);
      }
    }
  }
}

/// sums[j] += sum over spikes of canvas[offset - j], for every tap j of a kernel row.
template <class T, std::size_t kTaps, std::size_t kVectors>
void gather(SpikeLists::List list, const T* HWY_RESTRICT canvas, std::size_t tap_step,
            T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kBlock = kVectors * lanes<T>();
  hn::Vec<decltype(d)> sum[kTaps * kVectors];
  for (auto& s : sum) s = hn::Zero(d);
  for (std::size_t i = 0; i < list.size; ++i) {
    const T* HWY_RESTRICT place = canvas + list.offsets[i];
    for (std::size_t j = 0; j < kTaps; ++j) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        sum[j * kVectors + v] =
            hn::Add(sum[j * kVectors + v], hn::Load(d, place - j * kBlock + v * lanes<T>()));
      }
    }
  }
  for (std::size_t j = 0; j < kTaps; ++j) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      T* HWY_RESTRICT at = sums + j * tap_step + v * lanes<T>();
      hn::Store(hn::Add(hn::Load(d, at), sum[j * kVectors + v]), d, at);
    }
  }
}

template <std::size_t kValue>
using Constant = std::integral_constant<std::size_t, kValue>;

/// Calls f with the numbers of taps and vectors as compile-time constants.
template <class F>
HWY_INLINE void with_constants(std::size_t taps, std::size_t vectors, const F& f) {
  const auto with_taps = [&](auto v) {
    if (taps == 1) return f(Constant<1>(), v);
    if (taps == 2) return f(Constant<2>(), v);
    return f(Constant<3>(), v);
  };
  if (vectors == 1) return with_taps(Constant<1>());
  if (vectors == 2) return with_taps(Constant<2>());
  return with_taps(Constant<4>());
}

template <class T, class S>
void convolve(const ConvolutionShape& shape, const std::uint64_t* spikes, const T* ordered,
              S* output, ImageRange images) {
  Work<T> work(shape, images);
  const auto& blocks = work.blocks();
  const auto step = shape.stride * blocks.size;
  work.for_groups(spikes, [&](ImageRange group, const SpikeLists& lists) {
    for (std::size_t b = 0; b < blocks.count; ++b) {
      work.clear();
      work.for_lists(lists, [&](SpikeLists::List list, std::size_t c, std::size_t tap,
                                std::size_t columns, T* canvas) {
        with_constants(columns, blocks.size / lanes<T>(), [&](auto taps, auto vectors) {
          scatter<T, taps, vectors>(list, ordered + blocks.row(b, c, tap), step, canvas);
        });
      });
      work.for_places(group, [&](const T* place, std::size_t pixel) {
        convert(place, blocks.channels(b), output + pixel * shape.out + b * blocks.size);
      });
    }
  });
}

template <class T, class S>
void weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,
                     const S* output_gradients, T* sums, ImageRange images) {
  Work<T> work(shape, images);
  const auto& blocks = work.blocks();
  const auto step = shape.stride * blocks.size;
  work.clear();  // the border stays 0: gradients are written only inside it
  work.for_groups(spikes, [&](ImageRange group, const SpikeLists& lists) {
    for (std::size_t b = 0; b < blocks.count; ++b) {
      const auto channels = blocks.channels(b);
      work.for_places(group, [&](T* place, std::size_t pixel) {
        const S* from = output_gradients + pixel * shape.out + b * blocks.size;
        for_channels<T>(channels, [&](auto d, std::size_t c)
                                      HWY_ATTR { hn::StoreU(load(d, from + c), d, place + c); });
        for (auto c = channels; c < blocks.size; ++c) place[c] = 0;
      });
      work.for_lists(lists, [&](SpikeLists::List list, std::size_t c, std::size_t tap,
                                std::size_t columns, const T* canvas) {
        with_constants(columns, blocks.size / lanes<T>(), [&](auto taps, auto vectors) {
          gather<T, taps, vectors>(list, canvas, step, sums + blocks.row(b, c, tap));
        });
      });
    }
  });
}

template <class T>
void order(const ConvolutionShape& shape, const T* HWY_RESTRICT weights, T* HWY_RESTRICT ordered,
           ChannelRange in) {
  const Blocks<T> blocks(shape);
  const auto stride = blocks.taps * shape.in;
  for (std::size_t b = 0; b < blocks.count; ++b) {
    const auto channels = blocks.channels(b);
    for (auto c = in.begin; c < in.end; ++c) {
      for (std::size_t tap = 0; tap < blocks.taps; ++tap) {
        const T* from = weights + b * blocks.size * stride + tap * shape.in + c;
        T* to = ordered + blocks.row(b, c, tap);
        for (std::size_t o = 0; o < channels; ++o) to[o] = from[o * stride];
        std::fill(to + channels, to + blocks.size, T(0));
      }
    }
  }
}

template <class T>
void restore(const ConvolutionShape& shape, const T* HWY_RESTRICT sums, std::size_t parts,
             T* HWY_RESTRICT weights, ChannelRange in) {
  const Blocks<T> blocks(shape);
  const auto stride = blocks.taps * shape.in;
  for (std::size_t b = 0; b < blocks.count; ++b) {
    for (auto c = in.begin; c < in.end; ++c) {
      for (std::size_t tap = 0; tap < blocks.taps; ++tap) {
        const T* from = sums + blocks.row(b, c, tap);
        T* to = weights + b * blocks.size * stride + tap * shape.in + c;
        for (std::size_t o = 0; o < blocks.channels(b); ++o) {
          T sum = from[o];
          for (std::size_t part = 1; part < parts; ++part) sum += from[o + part * blocks.total()];
          to[o * stride] = sum;
        }
      }
    }
  }
}

std::size_t lanes_in_bytes() { return lanes<float>() * sizeof(float); }

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_WEIGHTS(T, name)                                                                  \
  std::size_t size_##name(const ConvolutionShape& shape) { return Blocks<T>(shape).total(); }      \
  void order_##name(const ConvolutionShape& shape, const T* weights, T* ordered,                   \
                    ChannelRange in) {                                                             \
    order(shape, weights, ordered, in);                                                            \
  }                                                                                                \
  void restore_##name(const ConvolutionShape& shape, const T* sums, std::size_t parts, T* weights, \
                      ChannelRange in) {                                                           \
    restore(shape, sums, parts, weights, in);                                                      \
  }
#define STAA_FOR_TYPE(S, name)                                                     \
  void convolve_##name(const ConvolutionShape& shape, const std::uint64_t* spikes, \
                       const Compute<S>* ordered, S* output, ImageRange images) {  \
    convolve(shape, spikes, ordered, output, images);                              \
  }                                                                                \
  void gradient_##name(const ConvolutionShape& shape, const std::uint64_t* spikes, \
                       const S* gradients, Compute<S>* sums, ImageRange images) {  \
    weight_gradient(shape, spikes, gradients, sums, images);                       \
  }
STAA_FOR_WEIGHTS(float, f32)
STAA_FOR_WEIGHTS(double, f64)
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_WEIGHTS
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(lanes_in_bytes);
std::size_t vector_bytes() { return HWY_DYNAMIC_DISPATCH(lanes_in_bytes)(); }

bool takes_spikes(const ConvolutionShape& shape) {
  return shape.images > 0 && shape.height > 0 && shape.width > 0 && shape.in > 0 && shape.out > 0 &&
         shape.kernel >= 1 && shape.kernel <= 3 && shape.padding < shape.kernel &&
         (shape.stride == 1 || shape.stride == 2) &&
         shape.height + 2 * shape.padding >= shape.kernel &&
         shape.width + 2 * shape.padding >= shape.kernel;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_WEIGHTS(T, name)                                                       \
  HWY_EXPORT(size_##name);                                                              \
  HWY_EXPORT(order_##name);                                                             \
  HWY_EXPORT(restore_##name);                                                           \
  std::size_t ordered_weights_size(const ConvolutionShape& shape, T) {                  \
    return HWY_DYNAMIC_DISPATCH(size_##name)(shape);                                    \
  }                                                                                     \
  void order_weights(const ConvolutionShape& shape, const T* weights, T* ordered,       \
                     ChannelRange in) {                                                 \
    HWY_DYNAMIC_DISPATCH(order_##name)(shape, weights, ordered, in);                    \
  }                                                                                     \
  void restore_weights(const ConvolutionShape& shape, const T* sums, std::size_t parts, \
                       T* weights, ChannelRange in) {                                   \
    HWY_DYNAMIC_DISPATCH(restore_##name)(shape, sums, parts, weights, in);              \
  }
#define STAA_FOR_TYPE(S, name)                                                                 \
  HWY_EXPORT(convolve_##name);                                                                 \
  HWY_EXPORT(gradient_##name);                                                                 \
  void spike_convolution(const ConvolutionShape& shape, const std::uint64_t* spikes,           \
                         const Compute<S>* ordered, S* output, ImageRange images) {            \
    HWY_DYNAMIC_DISPATCH(convolve_##name)(shape, spikes, ordered, output, images);             \
  }                                                                                            \
  void spike_weight_gradient(const ConvolutionShape& shape, const std::uint64_t* spikes,       \
                             const S* output_gradients, Compute<S>* sums, ImageRange images) { \
    HWY_DYNAMIC_DISPATCH(gradient_##name)(shape, spikes, output_gradients, sums, images);      \
  }
STAA_FOR_WEIGHTS(float, f32)
STAA_FOR_WEIGHTS(double, f64)
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_WEIGHTS
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels
#endif
