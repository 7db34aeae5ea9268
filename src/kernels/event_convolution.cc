#include "staa/kernels/event_convolution.h"

#define HWY_WANT_AVX3_DL  // has the dot products of bytes
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/event_convolution.cc"
#include <hwy/foreach_target.h>
//
#include <cstring>

#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<float>());
using Floats = hn::Vec<hn::ScalableTag<float>>;
using Ints = hn::Vec<hn::ScalableTag<std::int32_t>>;

/// Four channels' levels against four channels' weights of each of some outputs.
HWY_INLINE Ints dot_four(Ints sum, Ints levels, Ints weights) {
#if HWY_TARGET == HWY_AVX3_DL
  // As text, since this version of Highway neither has the instruction nor asks the compiler for
  // it.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(levels.raw), "v"(weights.raw));
  return sum;
#else
  // Byte by byte: levels without a sign, weights with one.
  const hn::ScalableTag<std::int32_t> d;
  const auto byte = hn::Set(d, 0xff);
  const auto at = [&](auto index) HWY_ATTR {
    constexpr int kByte = decltype(index)::value;
    const auto level = hn::And(hn::ShiftRight<8 * kByte>(levels), byte);
    const auto weight = hn::ShiftRight<24>(hn::ShiftLeft<24 - 8 * kByte>(weights));
    return hn::Mul(level, weight);
  };
  const auto low =
      hn::Add(at(std::integral_constant<int, 0>()), at(std::integral_constant<int, 1>()));
  const auto high =
      hn::Add(at(std::integral_constant<int, 2>()), at(std::integral_constant<int, 3>()));
  return hn::Add(sum, hn::Add(low, high));
#endif
}

/// What fp32 and int8 weights differ in. A unit is what one event and one vector of weights stand
/// for: a channel, or four.
struct Fp32 {
  using Weight = float;
  using Value = float;
  using Sum = Floats;
  static constexpr std::size_t kChannels = 1;
  static constexpr std::size_t kPerVector = kLanes;  // weights in a vector

  static HWY_INLINE Sum zero() { return hn::Zero(hn::ScalableTag<float>()); }
  static HWY_INLINE Sum add(Sum a, Sum b) { return hn::Add(a, b); }
  static HWY_INLINE Floats to_floats(Sum sum) { return sum; }
  static HWY_INLINE Sum weights(const Weight* at) {
    return hn::LoadU(hn::ScalableTag<float>(), at);
  }
  static HWY_INLINE Sum value(const Value* at) { return hn::Set(hn::ScalableTag<float>(), *at); }
  static HWY_INLINE Sum accumulate(Sum sum, Sum value, Sum weight) {
    return hn::MulAdd(value, weight, sum);
  }
};

struct Int8 {
  using Weight = std::int8_t;
  using Value = std::uint8_t;
  using Sum = Ints;
  static constexpr std::size_t kChannels = 4;
  static constexpr std::size_t kPerVector = 4 * kLanes;

  static HWY_INLINE Sum zero() { return hn::Zero(hn::ScalableTag<std::int32_t>()); }
  static HWY_INLINE Sum add(Sum a, Sum b) { return hn::Add(a, b); }
  static HWY_INLINE Floats to_floats(Sum sum) {
    return hn::ConvertTo(hn::ScalableTag<float>(), sum);
  }
  static HWY_INLINE Sum weights(const Weight* at) {
    // Every vector of weights starts at a multiple of four bytes.
    return hn::LoadU(hn::ScalableTag<std::int32_t>(), reinterpret_cast<const std::int32_t*>(at));
  }
  static HWY_INLINE Sum value(const Value* at) {
    std::int32_t four = 0;
    std::memcpy(&four, at, sizeof four);
    return hn::Set(hn::ScalableTag<std::int32_t>(), four);
  }
  static HWY_INLINE Sum accumulate(Sum sum, Sum value, Sum weight) {
    return dot_four(sum, value, weight);
  }
};

/// Ordered weights: [block of outputs][kernel row][column * units + unit][output in the block], in
/// which a window's row is one run.
template <class P>
struct Order {
  explicit Order(const EventConvolution& shape)
      : units(shape.input.pixel() / P::kChannels), run(shape.kernel * units), rows(shape.kernel) {
    const auto all = (shape.out + kLanes - 1) / kLanes;
    // A block's weights are read for every position: they should stay in the second-level cache.
    const auto most = rows * run * sizeof(float) * kLanes * 8 > (std::size_t{1} << 20) ? 4 : 8;
    vectors = 1;
    while (vectors < static_cast<std::size_t>(most) && all % (2 * vectors) == 0) vectors *= 2;
    blocks = all / vectors;
  }

  std::size_t outputs() const { return vectors * kLanes; }
  std::size_t row(std::size_t block, std::size_t ky) const {
    return (block * rows + ky) * run * vectors * P::kPerVector;
  }
  std::size_t size() const { return row(blocks, 0); }

  std::size_t units;
  std::size_t run;
  std::size_t rows;
  std::size_t vectors;
  std::size_t blocks;
};

template <class P>
void order(const EventConvolution& shape, const typename P::Weight* weights,
           typename P::Weight* ordered) {
  const Order<P> order(shape);
  std::fill(ordered, ordered + order.size(), typename P::Weight(0));
  const auto in = shape.input.channels;
  for (std::size_t tap = 0; tap < shape.kernel * shape.kernel; ++tap) {
    const auto ky = tap / shape.kernel;
    const auto kx = tap % shape.kernel;
    for (std::size_t c = 0; c < in; ++c) {
      const auto* from = weights + (tap * in + c) * shape.out;
      const auto unit = kx * order.units + c / P::kChannels;
      for (std::size_t o = 0; o < shape.out; ++o) {
        auto* block = ordered + order.row(o / order.outputs(), ky);
        const auto place = unit * order.outputs() + o % order.outputs();
        block[place * P::kChannels + c % P::kChannels] = from[o];
      }
    }
  }
}

/// Writes the first `outputs` of a position's sums.
template <class P, std::size_t kVectors>
HWY_INLINE void store(const typename P::Sum* sums, const Epilogue& epilogue, std::size_t first,
                      std::size_t outputs, float* HWY_RESTRICT output) {
  const hn::ScalableTag<float> d;
  for (std::size_t v = 0; v < kVectors && v * kLanes < outputs; ++v) {
    const auto left = outputs - v * kLanes;
    const auto o = first + v * kLanes;
    auto value = P::to_floats(sums[v]);
    if (left >= kLanes) {
      const auto bias = hn::LoadU(d, epilogue.bias + o);
      value = epilogue.scale == nullptr ? hn::Add(value, bias)
                                        : hn::MulAdd(value, hn::LoadU(d, epilogue.scale + o), bias);
      if (epilogue.add) value = hn::Add(value, hn::LoadU(d, output + o));
      hn::StoreU(value, d, output + o);
      continue;
    }
    HWY_ALIGN float values[kLanes];
    hn::Store(value, d, values);
    for (std::size_t i = 0; i < left; ++i) {
      const float scaled = values[i] * (epilogue.scale == nullptr ? 1.0F : epilogue.scale[o + i]) +
                           epilogue.bias[o + i];
      output[o + i] = epilogue.add ? output[o + i] + scaled : scaled;
    }
  }
}

/// Sums of one position over the events of its window. Two sets of accumulators where one would
/// leave the adders waiting for each other.
template <class P, std::size_t kVectors, bool kBinary>
HWY_INLINE void gather(const std::uint32_t* HWY_RESTRICT keys, std::size_t count,
                       const typename P::Weight* HWY_RESTRICT weights,
                       const std::uint8_t* HWY_RESTRICT levels,
                       typename P::Sum* HWY_RESTRICT sums) {
  constexpr std::size_t kStep = kVectors * P::kPerVector;
  const auto take = [&](std::uint32_t key, typename P::Sum* to) HWY_ATTR {
    const auto* at = weights + key * kStep;
    if constexpr (P::kChannels == 1) {
      if constexpr (kBinary) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          to[v] = P::add(to[v], P::weights(at + v * P::kPerVector));
        }
      } else {
        const float level = levels[key];
        const auto value = P::value(&level);
        for (std::size_t v = 0; v < kVectors; ++v) {
          to[v] = P::accumulate(to[v], value, P::weights(at + v * P::kPerVector));
        }
      }
    } else {
      const auto value = P::value(levels + key * std::size_t{4});
      for (std::size_t v = 0; v < kVectors; ++v) {
        to[v] = P::accumulate(to[v], value, P::weights(at + v * P::kPerVector));
      }
    }
  };
  constexpr std::size_t kSets = kVectors >= 8 ? 1 : 2;
  std::size_t i = 0;
  for (; i + kSets <= count; i += kSets) {
    for (std::size_t s = 0; s < kSets; ++s) take(keys[i + s], sums + s * kVectors);
  }
  if (kSets > 1 && i < count) take(keys[i], sums);
}

template <class P, std::size_t kVectors, bool kBinary>
void gather_all(const EventConvolution& shape, const std::uint8_t* levels, const EventList& list,
                const typename P::Weight* ordered, const Epilogue& epilogue, float* output) {
  const Order<P> order(shape);
  constexpr std::size_t kStep = kVectors * P::kPerVector;
  constexpr std::size_t kSets = kVectors >= 8 ? 1 : 2;
  const auto columns = shape.input.columns() + 1;
  const auto shift = shape.input.border - shape.padding;
  const auto height = shape.out_height();
  const auto width = shape.out_width();
  for (std::size_t b = 0; b < order.blocks; ++b) {
    const auto first = b * order.outputs();
    const auto outputs = std::min(order.outputs(), shape.out - first);
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        typename P::Sum sums[kSets * kVectors];
        for (auto& sum : sums) sum = P::zero();
        const auto left = x * shape.stride + shift;
        for (std::size_t ky = 0; ky < shape.kernel; ++ky) {
          const auto row = y * shape.stride + ky + shift;
          const auto* starts = list.starts.data() + row * columns + left;
          const auto begin = starts[0];
          const auto* weights = ordered + order.row(b, ky) - left * order.units * kStep;
          gather<P, kVectors, kBinary>(list.keys.data() + begin, starts[shape.kernel] - begin,
                                       weights, levels + row * shape.input.row(), sums);
        }
        if constexpr (kSets > 1) {
          for (std::size_t v = 0; v < kVectors; ++v) sums[v] = P::add(sums[v], sums[kVectors + v]);
        }
        store<P, kVectors>(sums, epilogue, first, outputs, output + (y * width + x) * shape.out);
      }
    }
  }
}

/// kPositions positions at once over all of their windows.
template <class P, std::size_t kVectors, std::size_t kPositions>
HWY_INLINE void multiply(const EventConvolution& shape, const Order<P>& order, std::size_t b,
                         std::size_t position, const typename P::Value* values,
                         const typename P::Weight* ordered, const Epilogue& epilogue,
                         float* output) {
  constexpr std::size_t kStep = kVectors * P::kPerVector;
  const auto width = shape.out_width();
  const auto shift = shape.input.border - shape.padding;
  const typename P::Value* corners[kPositions];
  for (std::size_t p = 0; p < kPositions; ++p) {
    const auto y = (position + p) / width * shape.stride + shift;
    const auto x = (position + p) % width * shape.stride + shift;
    corners[p] = values + y * shape.input.row() + x * shape.input.pixel();
  }
  typename P::Sum sums[kPositions * kVectors];
  for (auto& sum : sums) sum = P::zero();
  for (std::size_t ky = 0; ky < shape.kernel; ++ky) {
    const auto* HWY_RESTRICT weights = ordered + order.row(b, ky);
    const auto row = ky * shape.input.row();
    for (std::size_t j = 0; j < order.run; ++j) {
      typename P::Sum w[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) {
        w[v] = P::weights(weights + j * kStep + v * P::kPerVector);
      }
      for (std::size_t p = 0; p < kPositions; ++p) {
        const auto value = P::value(corners[p] + row + j * P::kChannels);
        for (std::size_t v = 0; v < kVectors; ++v) {
          sums[p * kVectors + v] = P::accumulate(sums[p * kVectors + v], value, w[v]);
        }
      }
    }
  }
  const auto first = b * order.outputs();
  const auto outputs = std::min(order.outputs(), shape.out - first);
  for (std::size_t p = 0; p < kPositions; ++p) {
    store<P, kVectors>(sums + p * kVectors, epilogue, first, outputs,
                       output + (position + p) * shape.out);
  }
}

template <class P, std::size_t kVectors>
void multiply_all(const EventConvolution& shape, const typename P::Value* values,
                  const typename P::Weight* ordered, const Epilogue& epilogue, float* output) {
  const Order<P> order(shape);
  constexpr std::size_t kPositions = kVectors >= 8 ? 2 : kVectors == 4 ? 4 : 8;
  const auto positions = shape.out_height() * shape.out_width();
  for (std::size_t b = 0; b < order.blocks; ++b) {
    std::size_t i = 0;
    for (; i + kPositions <= positions; i += kPositions) {
      multiply<P, kVectors, kPositions>(shape, order, b, i, values, ordered, epilogue, output);
    }
    for (; i < positions; ++i) {
      multiply<P, kVectors, 1>(shape, order, b, i, values, ordered, epilogue, output);
    }
  }
}

/// Calls f with the number of vectors of a block as a constant.
template <class F>
HWY_INLINE void with_vectors(std::size_t vectors, const F& f) {
  if (vectors == 1) return f(std::integral_constant<std::size_t, 1>());
  if (vectors == 2) return f(std::integral_constant<std::size_t, 2>());
  if (vectors == 4) return f(std::integral_constant<std::size_t, 4>());
  return f(std::integral_constant<std::size_t, 8>());
}

template <class P>
void events(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
            const EventList& list, const typename P::Weight* ordered, const Epilogue& epilogue,
            float* output) {
  with_vectors(Order<P>(shape).vectors, [&](auto vectors) {
    if (binary) {
      gather_all<P, vectors, true>(shape, levels, list, ordered, epilogue, output);
    } else {
      gather_all<P, vectors, false>(shape, levels, list, ordered, epilogue, output);
    }
  });
}

template <class P>
void everything(const EventConvolution& shape, const typename P::Value* values,
                const typename P::Weight* ordered, const Epilogue& epilogue, float* output) {
  with_vectors(Order<P>(shape).vectors, [&](auto vectors) {
    multiply_all<P, vectors>(shape, values, ordered, epilogue, output);
  });
}

std::size_t size_f32(const EventConvolution& shape) { return Order<Fp32>(shape).size(); }
std::size_t size_i8(const EventConvolution& shape) { return Order<Int8>(shape).size(); }

/// A pixel's units: vectors of 32 bits, one a group of four bytes or one a byte.
template <bool kGroups>
HWY_INLINE Ints units_at(const std::uint8_t* at) {
  const hn::ScalableTag<std::int32_t> d;
  if constexpr (kGroups) {
    return hn::LoadU(d, reinterpret_cast<const std::int32_t*>(at));
  } else {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::uint8_t, decltype(d)>(), at));
  }
}

template <bool kGroups>
void list_as(const LevelsShape& shape, const std::uint8_t* levels, EventList& list) {
  const hn::ScalableTag<std::int32_t> d;
  const auto units = shape.pixel() / (kGroups ? 4 : 1);
  const auto unit_bytes = kGroups ? 4 : 1;
  auto* out = reinterpret_cast<std::int32_t*>(list.keys.data());
  std::size_t size = 0;
  for (std::size_t y = 0; y < shape.rows(); ++y) {
    auto* starts = list.starts.data() + y * (shape.columns() + 1);
    const bool outside = y < shape.border || y >= shape.border + shape.height;
    for (std::size_t x = 0; x < shape.columns(); ++x) {
      starts[x] = static_cast<std::uint32_t>(size);
      if (outside || x < shape.border || x >= shape.border + shape.width) continue;
      const auto* pixel = levels + y * shape.row() + x * shape.pixel();
      const auto base = static_cast<std::int32_t>(x * units);
      for (std::size_t u = 0; u < units; u += kLanes) {
        const auto values = units_at<kGroups>(pixel + u * unit_bytes);
        auto fired = hn::Ne(values, hn::Zero(d));
        if (u + kLanes > units) fired = hn::And(fired, hn::FirstN(d, units - u));
        const auto keys = hn::Iota(d, base + static_cast<std::int32_t>(u));
        size += hn::CompressStore(keys, fired, d, out + size);
      }
    }
    starts[shape.columns()] = static_cast<std::uint32_t>(size);
  }
  list.size = size;
}

void list_any(const LevelsShape& shape, const std::uint8_t* levels, bool int8, EventList& list) {
  // The last vector's keys may be written past the last event.
  const auto most = shape.height * shape.width * shape.pixel() / (int8 ? 4 : 1) + 64;
  if (list.keys.size() < most) list.keys.resize(most);
  const auto starts = shape.rows() * (shape.columns() + 1);
  if (list.starts.size() < starts) list.starts.resize(starts);
  if (int8) {
    list_as<true>(shape, levels, list);
  } else {
    list_as<false>(shape, levels, list);
  }
}

void to_floats(const std::uint8_t* HWY_RESTRICT levels, std::size_t size,
               float* HWY_RESTRICT values) {
  for (std::size_t i = 0; i < size; ++i) values[i] = levels[i];
}

void order_f32(const EventConvolution& shape, const float* weights, float* ordered) {
  order<Fp32>(shape, weights, ordered);
}
void order_i8(const EventConvolution& shape, const std::int8_t* weights, std::int8_t* ordered) {
  order<Int8>(shape, weights, ordered);
}
void events_f32(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
                const EventList& list, const float* ordered, const Epilogue& epilogue,
                float* output) {
  events<Fp32>(shape, levels, binary, list, ordered, epilogue, output);
}
void events_i8(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
               const EventList& list, const std::int8_t* ordered, const Epilogue& epilogue,
               float* output) {
  events<Int8>(shape, levels, binary, list, ordered, epilogue, output);
}
void all_f32(const EventConvolution& shape, const float* values, const float* ordered,
             const Epilogue& epilogue, float* output) {
  everything<Fp32>(shape, values, ordered, epilogue, output);
}
void all_i8(const EventConvolution& shape, const std::uint8_t* values, const std::int8_t* ordered,
            const Epilogue& epilogue, float* output) {
  everything<Int8>(shape, values, ordered, epilogue, output);
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(size_f32);
HWY_EXPORT(size_i8);
HWY_EXPORT(order_f32);
HWY_EXPORT(order_i8);
HWY_EXPORT(list_any);
HWY_EXPORT(events_f32);
HWY_EXPORT(events_i8);
HWY_EXPORT(all_f32);
HWY_EXPORT(all_i8);
HWY_EXPORT(to_floats);

std::size_t event_weights_size(const EventConvolution& shape, float) {
  return HWY_DYNAMIC_DISPATCH(size_f32)(shape);
}
std::size_t event_weights_size(const EventConvolution& shape, std::int8_t) {
  return HWY_DYNAMIC_DISPATCH(size_i8)(shape);
}
void order_event_weights(const EventConvolution& shape, const float* weights, float* ordered) {
  HWY_DYNAMIC_DISPATCH(order_f32)(shape, weights, ordered);
}
void order_event_weights(const EventConvolution& shape, const std::int8_t* weights,
                         std::int8_t* ordered) {
  HWY_DYNAMIC_DISPATCH(order_i8)(shape, weights, ordered);
}
void list_events(const LevelsShape& shape, const std::uint8_t* levels, bool int8, EventList& list) {
  HWY_DYNAMIC_DISPATCH(list_any)(shape, levels, int8, list);
}
void convolve_events(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
                     const EventList& list, const float* ordered, const Epilogue& epilogue,
                     float* output) {
  HWY_DYNAMIC_DISPATCH(events_f32)(shape, levels, binary, list, ordered, epilogue, output);
}
void convolve_events(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
                     const EventList& list, const std::int8_t* ordered, const Epilogue& epilogue,
                     float* output) {
  HWY_DYNAMIC_DISPATCH(events_i8)(shape, levels, binary, list, ordered, epilogue, output);
}
void convolve_all(const EventConvolution& shape, const float* values, const float* ordered,
                  const Epilogue& epilogue, float* output) {
  HWY_DYNAMIC_DISPATCH(all_f32)(shape, values, ordered, epilogue, output);
}
void convolve_all(const EventConvolution& shape, const std::uint8_t* values,
                  const std::int8_t* ordered, const Epilogue& epilogue, float* output) {
  HWY_DYNAMIC_DISPATCH(all_i8)(shape, values, ordered, epilogue, output);
}
void levels_to_floats(const std::uint8_t* levels, std::size_t size, float* values) {
  HWY_DYNAMIC_DISPATCH(to_floats)(levels, size, values);
}

}  // namespace staa::kernels
#endif
