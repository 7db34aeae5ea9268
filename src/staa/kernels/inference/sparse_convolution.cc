#include "staa/kernels/inference/sparse_convolution.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#define HWY_WANT_AVX3_DL  // has the dot products of bytes
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/inference/sparse_convolution.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/inference/sparse_weights-inl.h"
#include "staa/kernels/inference/spike_list-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// One call of a convolution.
template <class P>
struct Job {
  const SparseConvolution& shape;
  Order<P> order;
  const typename P::Value* values;  // of all time steps, or of those in the list; null if listed
  const typename P::Weight* weights;
  const Epilogue& epilogue;
  float* output;

  std::size_t shift() const { return shape.input.border - shape.padding; }
  std::size_t outputs(std::size_t block) const {
    return std::min(order.outputs(), shape.out - block * order.outputs());
  }
};

/// The epilogue of a block's sums. It is a copy, so that it stays in registers: as far as the
/// compiler knows, storing a vector may change the job.
struct Ending {
  template <class P>
  Ending(const Job<P>& job, std::size_t block)
      : scale(job.epilogue.scale),
        bias(job.epilogue.bias),
        first(block * job.order.outputs()),
        count(job.outputs(block)),
        add(job.epilogue.add) {}

  const float* scale;
  const float* bias;
  std::size_t first;  ///< output
  std::size_t count;
  bool add;
};

/// Writes a position's outputs from its sums.
template <class P, std::size_t kVectors>
HWY_INLINE void store(const typename P::Sum* sums, const Ending& ending,
                      float* HWY_RESTRICT output) {
  const hn::ScalableTag<float> d;
  for (std::size_t v = 0; v < kVectors; ++v) {
    if (v * kLanes >= ending.count) break;
    const auto left = ending.count - v * kLanes;
    const auto o = ending.first + v * kLanes;
    auto value = P::to_floats(sums[v]);
    if (left >= kLanes) {
      const auto bias = hn::LoadU(d, ending.bias + o);
      value = ending.scale == nullptr ? hn::Add(value, bias)
                                      : hn::MulAdd(value, hn::LoadU(d, ending.scale + o), bias);
      if (ending.add) value = hn::Add(value, hn::LoadU(d, output + o));
      hn::StoreU(value, d, output + o);
      continue;
    }
    HWY_ALIGN float values[kLanes];
    hn::Store(value, d, values);
    for (std::size_t i = 0; i < left; ++i) {
      const float scaled =
          values[i] * (ending.scale == nullptr ? 1.0F : ending.scale[o + i]) + ending.bias[o + i];
      output[o + i] = ending.add ? output[o + i] + scaled : scaled;
    }
  }
}

/// With few accumulators per position, each kernel row has its own sums, so that rows need not wait
/// for each other. With many, one chain runs through all rows. For floats the choice must not
/// depend on the number of time steps and must be the same in gather() and multiply(), because the
/// order of additions changes the sums.
template <std::size_t kVectors>
constexpr bool kRowsApart = kVectors < 4;
template <class P, std::size_t kVectors, std::size_t kSteps>
constexpr bool kGatherApart = P::kChannels == 1 ? kRowsApart<kVectors> : kVectors* kSteps <= 8;
constexpr std::size_t kRowsAtOnce = 3;

/// Computes one position's sums [kSteps, kVectors] over the spikes of up to kRowsAtOnce kernel
/// rows.
template <class P, std::size_t kVectors, std::size_t kSteps>
struct Gatherer {
  const Job<P>& job;
  const SpikeList& list;
  std::size_t image;  // bytes of one time step's levels
  const typename P::Weight* weights[kRowsAtOnce];
  const typename P::Value* levels[kRowsAtOnce];
  std::uint32_t begin[kRowsAtOnce];
  std::uint32_t end[kRowsAtOnce];

  void look_at(std::size_t slot, std::size_t block, std::size_t ky, std::size_t row,
               std::size_t left) {
    const auto& input = job.shape.input;
    const auto* starts = list.starts.data() + row * (input.columns() + 1) + left;
    begin[slot] = starts[0];
    end[slot] = starts[job.shape.kernel];
    weights[slot] =
        job.weights + job.order.row(block, ky) - left * job.order.units * kVectors * P::kPerVector;
    // Listed values are read from the list instead.
    if constexpr (!P::kListed) levels[slot] = job.values + row * input.row();
  }

  HWY_INLINE void take(std::size_t slot, std::size_t i, typename P::Sum* HWY_RESTRICT sums) const {
    const std::size_t key = list.keys[i];
    const auto* at = weights[slot] + key * kVectors * P::kPerVector;
    typename P::Sum w[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) w[v] = P::weights(at + v * P::kPerVector);
    for (std::size_t s = 0; s < kSteps; ++s) {
      typename P::Sum value;
      if constexpr (P::kListed) {
        value = P::listed(list, s * list.most + i);
      } else {
        value = P::value(levels[slot] + s * image + key * P::kChannels);
      }
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[s * kVectors + v] = P::accumulate(sums[s * kVectors + v], value, w[v]);
      }
    }
  }
};

template <class P, std::size_t kCount>
HWY_INLINE void clear(typename P::Sum* sums) {
#pragma GCC unroll 32
  for (std::size_t i = 0; i < kCount; ++i) sums[i] = P::zero();
}

template <class P, std::size_t kVectors, std::size_t kSteps>
HWY_INLINE void gather(Gatherer<P, kVectors, kSteps>& gatherer, std::size_t block, std::size_t y,
                       std::size_t x, typename P::Sum* HWY_RESTRICT total) {
  constexpr std::size_t kSums = kSteps * kVectors;
  const auto& job = gatherer.job;
  const auto kernel = job.shape.kernel;
  const auto top = y * job.shape.stride + job.shift();
  const auto left = x * job.shape.stride + job.shift();
  clear<P, kSums>(total);
  if constexpr (kGatherApart<P, kVectors, kSteps>) {
    for (std::size_t ky = 0; ky < kernel; ky += kRowsAtOnce) {
      const auto rows = std::min(kRowsAtOnce, kernel - ky);
      typename P::Sum a[kSums];
      typename P::Sum b[kSums];
      typename P::Sum c[kSums];
      clear<P, kSums>(a);
      clear<P, kSums>(b);
      clear<P, kSums>(c);
      for (std::size_t r = 0; r < rows; ++r) {
        gatherer.look_at(r, block, ky + r, top + ky + r, left);
      }
      for (auto r = rows; r < kRowsAtOnce; ++r) gatherer.begin[r] = gatherer.end[r] = 0;
      std::size_t i = gatherer.begin[0];
      std::size_t j = gatherer.begin[1];
      std::size_t k = gatherer.begin[2];
      const auto all = std::min({gatherer.end[0] - i, gatherer.end[1] - j, gatherer.end[2] - k});
      for (std::size_t n = 0; n < all; ++n) {
        gatherer.take(0, i++, a);
        gatherer.take(1, j++, b);
        gatherer.take(2, k++, c);
      }
      while (i < gatherer.end[0]) gatherer.take(0, i++, a);
      while (j < gatherer.end[1]) gatherer.take(1, j++, b);
      while (k < gatherer.end[2]) gatherer.take(2, k++, c);
#pragma GCC unroll 32
      for (std::size_t s = 0; s < kSums; ++s) {
        total[s] = P::add(P::add(P::add(total[s], a[s]), b[s]), c[s]);
      }
    }
  } else {
    for (std::size_t ky = 0; ky < kernel; ++ky) {
      gatherer.look_at(0, block, ky, top + ky, left);
      for (std::size_t i = gatherer.begin[0]; i < gatherer.end[0]; ++i) {
        gatherer.take(0, i, total);
      }
    }
  }
}

template <class P, std::size_t kVectors, std::size_t kSteps>
void gather_all(const Job<P>& job, const SpikeList& list) {
  Gatherer<P, kVectors, kSteps> gatherer{job, list, job.shape.input.bytes(), {}, {}, {}, {}};
  const auto width = job.shape.out_width();
  const auto height = job.shape.out_height();
  for (std::size_t b = 0; b < job.order.blocks; ++b) {
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        typename P::Sum sums[kSteps * kVectors];
        gather(gatherer, b, y, x, sums);
        const Ending ending(job, b);
        for (std::size_t s = 0; s < kSteps; ++s) {
          store<P, kVectors>(sums + s * kVectors, ending,
                             job.output + ((s * height + y) * width + x) * job.shape.out);
        }
      }
    }
  }
}

/// Iterates over the corners of windows in the order of outputs: columns, then rows, then time
/// steps.
template <class P>
class Corners {
 public:
  explicit Corners(const Job<P>& job)
      : job_(job),
        at_(job.values + job.shift() * (job.shape.input.row() + job.shape.input.pixel())),
        width_(job.shape.out_width()),
        height_(job.shape.out_height()) {}

  HWY_INLINE const typename P::Value* next() {
    const auto& shape = job_.shape;
    const auto* corner =
        at_ + y_ * shape.stride * shape.input.row() + x_ * shape.stride * shape.input.pixel();
    if (++x_ == width_) {
      x_ = 0;
      if (++y_ == height_) {
        y_ = 0;
        at_ += shape.input.bytes();
      }
    }
    return corner;
  }

 private:
  const Job<P>& job_;
  const typename P::Value* at_;
  std::size_t width_;
  std::size_t height_;
  std::size_t x_ = 0;
  std::size_t y_ = 0;
};

/// Computes kPositions positions at once over their whole windows.
template <class P, std::size_t kVectors, std::size_t kPositions>
HWY_INLINE void multiply(const Job<P>& job, std::size_t b, const Ending& ending,
                         Corners<P>& corners, float* HWY_RESTRICT output) {
  constexpr std::size_t kStep = kVectors * P::kPerVector;
  constexpr bool kApart = kRowsApart<kVectors> && P::kChannels == 1;
  const auto& order = job.order;
  const typename P::Value* at[kPositions];
  for (std::size_t p = 0; p < kPositions; ++p) at[p] = corners.next();
  typename P::Sum sums[kPositions * kVectors];
  clear<P, kPositions * kVectors>(sums);
  typename P::Sum total[kApart ? kPositions * kVectors : 1];
  if constexpr (kApart) clear<P, kPositions * kVectors>(total);
  for (std::size_t ky = 0; ky < job.shape.kernel; ++ky) {
    const auto* HWY_RESTRICT weights = job.weights + order.row(b, ky);
    const auto row = ky * job.shape.input.row();
    for (std::size_t j = 0; j < order.run; ++j) {
      typename P::Sum w[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) {
        w[v] = P::weights(weights + j * kStep + v * P::kPerVector);
      }
      for (std::size_t p = 0; p < kPositions; ++p) {
        const auto value = P::value(at[p] + row + j * P::kChannels);
        for (std::size_t v = 0; v < kVectors; ++v) {
          sums[p * kVectors + v] = P::accumulate(sums[p * kVectors + v], value, w[v]);
        }
      }
    }
    if constexpr (kApart) {
#pragma GCC unroll 32
      for (std::size_t i = 0; i < kPositions * kVectors; ++i) total[i] = P::add(total[i], sums[i]);
      clear<P, kPositions * kVectors>(sums);
    }
  }
  const auto out = job.shape.out;
  for (std::size_t p = 0; p < kPositions; ++p) {
    store<P, kVectors>((kApart ? total : sums) + p * kVectors, ending, output + p * out);
  }
}

/// Like multiply(), for kMost positions or, if fewer are left, for a smaller number. Returns the
/// number of positions.
template <class P, std::size_t kVectors, std::size_t kMost>
HWY_INLINE std::size_t multiply_some(const Job<P>& job, std::size_t b, const Ending& ending,
                                     std::size_t left, Corners<P>& corners, float* output) {
  if constexpr (kMost > 1) {
    constexpr std::size_t kFewer = kMost > 4 ? 4 : kMost / 2;
    if (left < kMost) {
      return multiply_some<P, kVectors, kFewer>(job, b, ending, left, corners, output);
    }
  }
  multiply<P, kVectors, kMost>(job, b, ending, corners, output);
  return kMost;
}

template <class P, std::size_t kVectors>
void multiply_all(const Job<P>& job, std::size_t steps) {
  // As many sums as fit into the registers beside the weights.
  constexpr std::size_t kPositions = kLanes < 16 ? 8 / kVectors : kVectors == 4 ? 6 : 8;
  const auto positions = steps * job.shape.out_height() * job.shape.out_width();
  for (std::size_t b = 0; b < job.order.blocks; ++b) {
    const Ending ending(job, b);
    Corners<P> corners(job);
    for (std::size_t done = 0; done < positions;) {
      done += multiply_some<P, kVectors, kPositions>(job, b, ending, positions - done, corners,
                                                     job.output + done * job.shape.out);
    }
  }
}

/// Computes kColumns neighbouring outputs of a row, for 3x3 kernels with stride 1 and a single
/// block of outputs that is as long as an input pixel. Each unit of inputs is loaded once for the
/// three columns that it reaches.
template <class P, std::size_t kVectors, std::size_t kColumns>
HWY_INLINE void multiply_row(const Job<P>& job, std::size_t b, const Ending& ending,
                             const typename P::Value* corner, float* HWY_RESTRICT output) {
  constexpr std::size_t kStep = kVectors * P::kPerVector;
  constexpr std::size_t kUnits = kVectors * kLanes / P::kChannels;
  const auto& order = job.order;
  constexpr std::size_t kPixel = kVectors * kLanes;
  Ints sums[kColumns * kVectors];
  clear<P, kColumns * kVectors>(sums);
  for (std::size_t ky = 0; ky < 3; ++ky) {
    const auto* HWY_RESTRICT weights = job.weights + order.row(b, ky);
    const auto* HWY_RESTRICT values = corner + ky * job.shape.input.row();
    for (std::size_t u = 0; u < kUnits; ++u) {
      Ints w[3 * kVectors];
      for (std::size_t kx = 0; kx < 3; ++kx) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          w[kx * kVectors + v] =
              P::weights(weights + (kx * kUnits + u) * kStep + v * P::kPerVector);
        }
      }
#pragma GCC unroll 32
      for (std::size_t x = 0; x < kColumns + 2; ++x) {
        const auto value = P::value(values + x * kPixel + u * P::kChannels);
#pragma GCC unroll 3
        for (std::size_t kx = 0; kx < 3; ++kx) {
          if (x < kx || x - kx >= kColumns) continue;
          auto* sum = sums + (x - kx) * kVectors;
          for (std::size_t v = 0; v < kVectors; ++v) {
            sum[v] = P::accumulate(sum[v], value, w[kx * kVectors + v]);
          }
        }
      }
    }
  }
  const auto out = job.shape.out;
#pragma GCC unroll 32
  for (std::size_t x = 0; x < kColumns; ++x) {
    store<P, kVectors>(sums + x * kVectors, ending, output + x * out);
  }
}

template <class P, std::size_t kVectors, std::size_t kColumns>
void multiply_rows(const Job<P>& job, std::size_t steps) {
  const auto width = job.shape.out_width();
  const auto rows = steps * job.shape.out_height();
  for (std::size_t b = 0; b < job.order.blocks; ++b) {
    const Ending ending(job, b);
    Corners<P> corners(job);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t x = 0; x < width; x += kColumns) {
        const auto* corner = corners.next();
        for (std::size_t k = 1; k < kColumns; ++k) corners.next();
        multiply_row<P, kVectors, kColumns>(job, b, ending, corner,
                                            job.output + (i * width + x) * job.shape.out);
      }
    }
  }
}

/// Calls f with the number of vectors in a block as a compile-time constant.
template <class F>
HWY_INLINE void with_vectors(std::size_t vectors, const F& f) {
  if (vectors == 1) return f(std::integral_constant<std::size_t, 1>());
  if (vectors == 2) return f(std::integral_constant<std::size_t, 2>());
  return f(std::integral_constant<std::size_t, 4>());
}

/// Convolves the spikes of kSteps time steps.
template <class P, std::size_t kSteps>
void spikes_of(const SparseConvolution& shape, const std::uint8_t* levels,
               const typename P::Weight* ordered, const Epilogue& epilogue, SpikeList& list,
               float* output) {
  list_spikes<P::kChannels, kSteps>(shape.input, levels, list);
  const typename P::Value* values = nullptr;
  if constexpr (!P::kListed) values = levels;
  const Job<P> job{shape, Order<P>(shape), values, ordered, epilogue, output};
  with_vectors(job.order.vectors, [&](auto vectors) { gather_all<P, vectors, kSteps>(job, list); });
}

/// The number of time steps whose spikes are listed together.
std::size_t steps_at_once(std::size_t left) { return left >= 4 ? 4 : left >= 2 ? 2 : 1; }

template <class P>
void spikes_of_all(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                   const typename P::Weight* ordered, const Epilogue& epilogue, SpikeList& list,
                   float* output) {
  while (steps > 0) {
    const auto now = steps_at_once(steps);
    const auto run = now == 4 ? spikes_of<P, 4> : now == 2 ? spikes_of<P, 2> : spikes_of<P, 1>;
    run(shape, levels, ordered, epilogue, list, output);
    steps -= now;
    levels += now * shape.input.bytes();
    output += now * shape.out_values();
  }
}

template <class P>
void multiply_ints(const Job<P>& job, std::size_t steps) {
  const auto& shape = job.shape;
  const bool square = job.order.blocks == 1 && shape.input.pixel() == job.order.outputs();
  if (square && shape.kernel == 3 && shape.stride == 1) {
    const auto width = shape.out_width();
    if (job.order.vectors == 1 && width % 14 == 0) return multiply_rows<P, 1, 14>(job, steps);
    if (job.order.vectors == 2 && width % 7 == 0) return multiply_rows<P, 2, 7>(job, steps);
  }
  with_vectors(job.order.vectors, [&](auto vectors) { multiply_all<P, vectors>(job, steps); });
}

#if STAA_ARM_DOT
bool has_arm_dot() {
  static const bool has = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  return has;
}
#endif

void events_f32(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                const float* ordered, const Epilogue& epilogue, SpikeList& list, float* output) {
  spikes_of_all<Fp32>(shape, levels, steps, ordered, epilogue, list, output);
}
void events_i16(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                const std::int16_t* ordered, const Epilogue& epilogue, SpikeList& list,
                float* output) {
  spikes_of_all<Int16>(shape, levels, steps, ordered, epilogue, list, output);
}
void events_i8(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
               const std::int8_t* ordered, const Epilogue& epilogue, SpikeList& list,
               float* output) {
#if STAA_ARM_DOT
  if (shape.small && has_arm_dot()) {
    return spikes_of_all<Int8Dot>(shape, levels, steps, ordered, epilogue, list, output);
  }
#endif
  spikes_of_all<Int8>(shape, levels, steps, ordered, epilogue, list, output);
}
void all_f32(const SparseConvolution& shape, const float* values, std::size_t steps,
             const float* ordered, const Epilogue& epilogue, float* output) {
  const Job<Fp32> job{shape, Order<Fp32>(shape), values, ordered, epilogue, output};
  with_vectors(job.order.vectors, [&](auto vectors) { multiply_all<Fp32, vectors>(job, steps); });
}
void all_i16(const SparseConvolution& shape, const std::int16_t* values, std::size_t steps,
             const std::int16_t* ordered, const Epilogue& epilogue, float* output) {
  const Job<Int16> job{shape, Order<Int16>(shape), values, ordered, epilogue, output};
  multiply_ints(job, steps);
}
void all_i8(const SparseConvolution& shape, const std::uint8_t* values, std::size_t steps,
            const std::int8_t* ordered, const Epilogue& epilogue, float* output) {
#if STAA_ARM_DOT
  if (shape.small && has_arm_dot()) {
    const Job<Int8Dot> job{shape, Order<Int8Dot>(shape), values, ordered, epilogue, output};
    return multiply_ints(job, steps);
  }
#endif
  const Job<Int8> job{shape, Order<Int8>(shape), values, ordered, epilogue, output};
  multiply_ints(job, steps);
}

/// Approximate costs in cycles, fitted to bench_event_convolution with AVX-512.
template <class P>
struct Costs {
#if HWY_TARGET == HWY_AVX3_DL
  static constexpr double kDot = 0.5;
#elif HWY_ARCH_X86
  static constexpr double kDot = P::kChannels == 4 ? 4 : P::kChannels == 2 ? 1 : 0.5;
#else
  static constexpr double kDot = P::kChannels == 1 ? 0.5 : 4;
#endif

  /// The cost of a position's block in `steps` time steps if all values are read.
  static double dense(const Order<P>& order, std::size_t steps) {
    const auto vectors = static_cast<double>(order.vectors);
    const auto dots = static_cast<double>(order.rows * order.run) * vectors;
    return static_cast<double>(steps) * (1.06 * kDot * dots + 8 + 8 * vectors);
  }
  /// The same if the window has `visits` spikes, which all time steps share.
  static double spikes(const Order<P>& order, std::size_t steps, double visits) {
    const auto vectors = static_cast<double>(order.vectors);
    const double loads = 2 + 0.6 * vectors;
    const double dots = 0.5 * kDot * vectors * static_cast<double>(steps);
    return 90 + (P::kChannels == 1 ? 48 : 16) * vectors + visits * (loads + dots);
  }
};

/// The number of taps that fall inside an image of `extent` inputs along one axis, over all
/// outputs.
double taps_inside(const SparseConvolution& shape, std::size_t extent, std::size_t outputs) {
  std::size_t taps = 0;
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t k = 0; k < shape.kernel; ++k) {
      const auto at = o * shape.stride + k;
      taps += at >= shape.padding && at - shape.padding < extent ? 1 : 0;
    }
  }
  return static_cast<double>(taps);
}

template <class P>
bool sparse_wins(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps) {
  const auto& input = shape.input;
  const Order<P> order(shape);
  // The average number of units inside the image in a position's window.
  const auto positions = static_cast<double>(shape.out_height() * shape.out_width());
  const double window = taps_inside(shape, input.height, shape.out_height()) *
                        taps_inside(shape, input.width, shape.out_width()) / positions *
                        static_cast<double>(order.units);
  const auto units = static_cast<double>(input.height * input.width * order.units);
  double spikes = 0;
  double dense = 0;
  for (std::size_t s = 0; s < steps;) {
    const auto now = steps_at_once(steps - s);
    const auto count = count_spikes<P::kChannels>(input, levels + s * input.bytes(), now);
    spikes += Costs<P>::spikes(order, now, window * static_cast<double>(count) / units);
    dense += Costs<P>::dense(order, now);
    s += now;
  }
  return spikes < dense;
}

bool win_f32(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps) {
  return sparse_wins<Fp32>(shape, levels, steps);
}
bool win_i16(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps) {
  return sparse_wins<Int16>(shape, levels, steps);
}
bool win_i8(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps) {
  return sparse_wins<Int8>(shape, levels, steps);
}

std::size_t size_f32(const SparseConvolution& shape) { return Order<Fp32>(shape).size(); }
std::size_t size_i16(const SparseConvolution& shape) { return Order<Int16>(shape).size(); }
std::size_t size_i8(const SparseConvolution& shape) { return Order<Int8>(shape).size(); }
void order_f32(const SparseConvolution& shape, const float* weights, float* ordered) {
  order_weights<Fp32>(shape, weights, ordered);
}
void order_i16(const SparseConvolution& shape, const std::int16_t* weights, std::int16_t* ordered) {
  order_weights<Int16>(shape, weights, ordered);
}
void order_i8(const SparseConvolution& shape, const std::int8_t* weights, std::int8_t* ordered) {
  order_weights<Int8>(shape, weights, ordered);
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(size_f32);
HWY_EXPORT(size_i16);
HWY_EXPORT(size_i8);
HWY_EXPORT(order_f32);
HWY_EXPORT(order_i16);
HWY_EXPORT(order_i8);
HWY_EXPORT(win_f32);
HWY_EXPORT(win_i16);
HWY_EXPORT(win_i8);
HWY_EXPORT(events_f32);
HWY_EXPORT(events_i16);
HWY_EXPORT(events_i8);
HWY_EXPORT(all_f32);
HWY_EXPORT(all_i16);
HWY_EXPORT(all_i8);

std::size_t sparse_weights_size(const SparseConvolution& shape, float) {
  return HWY_DYNAMIC_DISPATCH(size_f32)(shape);
}
std::size_t sparse_weights_size(const SparseConvolution& shape, std::int16_t) {
  return HWY_DYNAMIC_DISPATCH(size_i16)(shape);
}
std::size_t sparse_weights_size(const SparseConvolution& shape, std::int8_t) {
  return HWY_DYNAMIC_DISPATCH(size_i8)(shape);
}
void order_sparse_weights(const SparseConvolution& shape, const float* weights, float* ordered) {
  HWY_DYNAMIC_DISPATCH(order_f32)(shape, weights, ordered);
}
void order_sparse_weights(const SparseConvolution& shape, const std::int16_t* weights,
                          std::int16_t* ordered) {
  HWY_DYNAMIC_DISPATCH(order_i16)(shape, weights, ordered);
}
void order_sparse_weights(const SparseConvolution& shape, const std::int8_t* weights,
                          std::int8_t* ordered) {
  HWY_DYNAMIC_DISPATCH(order_i8)(shape, weights, ordered);
}
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 float) {
  return HWY_DYNAMIC_DISPATCH(win_f32)(shape, levels, steps);
}
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 std::int16_t) {
  return HWY_DYNAMIC_DISPATCH(win_i16)(shape, levels, steps);
}
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 std::int8_t) {
  return HWY_DYNAMIC_DISPATCH(win_i8)(shape, levels, steps);
}
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const float* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output) {
  HWY_DYNAMIC_DISPATCH(events_f32)(shape, levels, steps, ordered, epilogue, list, output);
}
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const std::int16_t* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output) {
  HWY_DYNAMIC_DISPATCH(events_i16)(shape, levels, steps, ordered, epilogue, list, output);
}
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const std::int8_t* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output) {
  HWY_DYNAMIC_DISPATCH(events_i8)(shape, levels, steps, ordered, epilogue, list, output);
}
void convolve_all(const SparseConvolution& shape, const float* values, std::size_t steps,
                  const float* ordered, const Epilogue& epilogue, float* output) {
  HWY_DYNAMIC_DISPATCH(all_f32)(shape, values, steps, ordered, epilogue, output);
}
void convolve_all(const SparseConvolution& shape, const std::int16_t* values, std::size_t steps,
                  const std::int16_t* ordered, const Epilogue& epilogue, float* output) {
  HWY_DYNAMIC_DISPATCH(all_i16)(shape, values, steps, ordered, epilogue, output);
}
void convolve_all(const SparseConvolution& shape, const std::uint8_t* values, std::size_t steps,
                  const std::int8_t* ordered, const Epilogue& epilogue, float* output) {
  HWY_DYNAMIC_DISPATCH(all_i8)(shape, values, steps, ordered, epilogue, output);
}

}  // namespace staa::kernels
#endif
