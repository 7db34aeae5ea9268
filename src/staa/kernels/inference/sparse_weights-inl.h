// The weights of convolutions in the order in which the kernels read them, and the arithmetic on
// them. Compiled once per target.
#if defined(STAA_KERNELS_SPARSE_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_SPARSE_WEIGHTS_INL_H_
#undef STAA_KERNELS_SPARSE_WEIGHTS_INL_H_
#else
#define STAA_KERNELS_SPARSE_WEIGHTS_INL_H_
#endif

#include <cstring>

#include "staa/kernels/inference/sparse_convolution.h"
#include "staa/kernels/vectors-inl.h"

// Whether to check at run time for Arm's dot products.
#undef STAA_ARM_DOT
#if HWY_TARGET == HWY_NEON && HWY_ARCH_ARM_A64 && HWY_OS_LINUX
#define STAA_ARM_DOT 1
#else
#define STAA_ARM_DOT 0
#endif

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<float>());
using Floats = hn::Vec<hn::ScalableTag<float>>;
using Ints = hn::Vec<hn::ScalableTag<std::int32_t>>;

/// Adds the dot product of four channels' levels and weights to each lane, which belongs to one
/// output.
HWY_INLINE Ints dot_four(Ints sum, Ints levels, Ints weights) {
#if HWY_TARGET == HWY_AVX3_DL
  // Inline assembly, because this version of Highway neither has the instruction nor enables it in
  // the compiler.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(levels.raw), "v"(weights.raw));
  return sum;
#else
  // Byte by byte: levels are unsigned, weights are signed.
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

/// Like dot_four(), for two channels in the halves of a lane.
HWY_INLINE Ints dot_two(Ints sum, Ints levels, Ints weights) {
#if HWY_TARGET == HWY_AVX3_DL
  asm("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(levels.raw), "v"(weights.raw));
  return sum;
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  // On x86 this adds neighbouring products; other processors may add other ones.
  const hn::ScalableTag<std::int32_t> d;
  const hn::Repartition<std::int16_t, decltype(d)> halves;
  auto unused = hn::Zero(d);
  return hn::ReorderWidenMulAccumulate(d, hn::BitCast(halves, levels), hn::BitCast(halves, weights),
                                       sum, unused);
#else
  const auto low = [](Ints both) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(both)); };
  const auto first = hn::Mul(low(levels), low(weights));
  const auto second = hn::Mul(hn::ShiftRight<16>(levels), hn::ShiftRight<16>(weights));
  return hn::Add(sum, hn::Add(first, second));
#endif
}

/// The differences between fp32, int16 and int8 weights. One spike and one vector of weights stand
/// for a unit of kChannels channels. A spike's values are in the list (kListed) or are read from
/// the levels.
struct Fp32 {
  using Weight = float;
  using Value = float;
  using Sum = Floats;
  static constexpr std::size_t kChannels = 1;
  static constexpr std::size_t kPerVector = kLanes;  // weights in a vector
  static constexpr bool kListed = true;

  static HWY_INLINE Sum zero() { return hn::Zero(hn::ScalableTag<float>()); }
  static HWY_INLINE Sum add(Sum a, Sum b) { return hn::Add(a, b); }
  static HWY_INLINE Floats to_floats(Sum sum) { return sum; }
  static HWY_INLINE Sum weights(const Weight* at) {
    return hn::LoadU(hn::ScalableTag<float>(), at);
  }
  static HWY_INLINE Sum value(const Value* at) { return hn::Set(hn::ScalableTag<float>(), *at); }
  static HWY_INLINE Sum listed(const SpikeList& list, std::size_t i) {
    return value(&list.values[i]);
  }
  static HWY_INLINE Sum accumulate(Sum sum, Sum value, Sum weight) {
    return hn::MulAdd(value, weight, sum);
  }
};

/// The common part of the two integer types.
struct OfInts {
  using Sum = Ints;

  static HWY_INLINE Sum zero() { return hn::Zero(hn::ScalableTag<std::int32_t>()); }
  static HWY_INLINE Sum add(Sum a, Sum b) { return hn::Add(a, b); }
  static HWY_INLINE Floats to_floats(Sum sum) {
    return hn::ConvertTo(hn::ScalableTag<float>(), sum);
  }
  /// Loads a vector of weights, which starts at a multiple of four bytes.
  static HWY_INLINE Sum weights(const void* at) {
    return hn::LoadU(hn::ScalableTag<std::int32_t>(), static_cast<const std::int32_t*>(at));
  }
  /// Loads four bytes of values into every lane.
  static HWY_INLINE Sum value(const void* at) {
    std::int32_t all = 0;
    std::memcpy(&all, at, sizeof all);
    return hn::Set(hn::ScalableTag<std::int32_t>(), all);
  }
};

struct Int16 : OfInts {
  using Weight = std::int16_t;
  using Value = std::int16_t;
  static constexpr std::size_t kChannels = 2;
  static constexpr std::size_t kPerVector = 2 * kLanes;
  static constexpr bool kListed = true;

  static HWY_INLINE Sum listed(const SpikeList& list, std::size_t i) {
    return value(&list.pairs[i]);
  }
  static HWY_INLINE Sum accumulate(Sum sum, Sum value, Sum weight) {
    return dot_two(sum, value, weight);
  }
};

struct Int8 : OfInts {
  using Weight = std::int8_t;
  using Value = std::uint8_t;
  static constexpr std::size_t kChannels = 4;
  static constexpr std::size_t kPerVector = 4 * kLanes;
  static constexpr bool kListed = false;

  static HWY_INLINE Sum accumulate(Sum sum, Sum value, Sum weight) {
    return dot_four(sum, value, weight);
  }
};

#if STAA_ARM_DOT
/// Uses the dot products that Arm's processors may have since version 8.2. They take both operands
/// as signed, so levels must be below 128.
struct Int8Dot : Int8 {
  static HWY_INLINE Sum accumulate(Sum sum, Sum value, Sum weight) {
    // Inline assembly, because a function that is compiled only for such processors cannot be
    // inlined here. The directive changes only what the assembler accepts: the compiler does not
    // use these instructions by itself.
    asm(".arch armv8.2-a+crypto+dotprod\n\tsdot %0.4s, %1.16b, %2.16b"
        : "+w"(sum.raw)
        : "w"(value.raw), "w"(weight.raw));
    return sum;
  }
};
#endif

constexpr std::size_t kMostVectors = 4;  // in a block

/// The order of the weights:
/// [block of outputs][kernel row][column * units + unit][output in the block][channel in the unit].
/// A row of a window is one contiguous run.
template <class P>
struct Order {
  explicit Order(const SparseConvolution& shape)
      : units(shape.input.pixel() / P::kChannels), run(shape.kernel * units), rows(shape.kernel) {
    const auto all = (shape.out + kLanes - 1) / kLanes;
    vectors = 1;
    while (vectors < kMostVectors && all % (2 * vectors) == 0) vectors *= 2;
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

/// Reorders weights [k, k, in, out]. It writes the outputs of a block in contiguous runs, unit by
/// unit, because it runs whenever a model is loaded.
template <class P>
void order_weights(const SparseConvolution& shape, const typename P::Weight* weights,
                   typename P::Weight* ordered) {
  using Weight = typename P::Weight;
  const Order<P> order(shape);
  const auto in = shape.input.channels;
  const auto outputs = order.outputs();
  if (order.units * P::kChannels != in || order.blocks * outputs != shape.out) {
    std::fill(ordered, ordered + order.size(), Weight(0));
  }
  for (std::size_t ky = 0; ky < shape.kernel; ++ky) {
    for (std::size_t j = 0; j < order.run; ++j) {
      const auto first = j % order.units * P::kChannels;  // channel
      if (first >= in) continue;                          // padding of the pixel
      const auto channels = std::min(P::kChannels, in - first);
      const auto* from = weights + ((ky * shape.kernel + j / order.units) * in + first) * shape.out;
      for (std::size_t b = 0; b < order.blocks; ++b) {
        const auto count = std::min(outputs, shape.out - b * outputs);
        Weight* HWY_RESTRICT to = ordered + order.row(b, ky) + j * outputs * P::kChannels;
        const Weight* HWY_RESTRICT row = from + b * outputs;
        if (channels == 4) {
          for (std::size_t o = 0; o < count; ++o) {
            for (std::size_t c = 0; c < 4; ++c) to[4 * o + c] = row[c * shape.out + o];
          }
          continue;
        }
        for (std::size_t c = 0; c < channels; ++c) {
          for (std::size_t o = 0; o < count; ++o) to[o * P::kChannels + c] = row[c * shape.out + o];
        }
      }
    }
  }
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
