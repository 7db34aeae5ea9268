#pragma once

#include "staa/kernels/cuda/arithmetic-inl.h"
#include "staa/kernels/neuron/neuron.h"

/// What the kernels of plain neurons and of the aggregator share: X, the membrane, and sums over a
/// block.
namespace staa::kernels::cuda {

/// One bit per time step.
struct StepMask {
  std::uint64_t words[kMaxSteps / 64] = {};

  STAA_DEVICE bool operator[](std::size_t t) const { return (words[t / 64] >> t % 64 & 1) != 0; }
};

/// The time steps with the plain update: all steps without the aggregator, otherwise those dropped.
/// `dropped` is read from the processor's memory.
template <class T>
StepMask plain_steps(const NeuronLayer<T>& layer) {
  StepMask mask;
  for (std::size_t t = 0; t < layer.shape.steps; ++t) {
    const bool plain = !layer.aggregate || (layer.dropped != nullptr && layer.dropped[t] != 0);
    if (plain) mask.words[t / 64] |= std::uint64_t{1} << t % 64;
  }
  return mask;
}

/// NeuronInput::constant(), for the GPU.
template <class S>
STAA_DEVICE bool is_constant(const NeuronInput<S>& input) {
  return input.terms[0].constant && (input.count == 1 || input.terms[1].constant);
}

/// Loads K values at the same place `from` of N time steps from `first` on. Past the last step, the
/// last one is loaded again.
template <int N, int K, class S>
STAA_DEVICE void load_steps(const S* from, std::size_t step, std::size_t first, std::size_t steps,
                            Compute<S> (&values)[N][K]) {
  STAA_UNROLL
  for (int s = 0; s < N; ++s) {
    const auto t = first + s < steps ? first + s : steps - 1;
    load(from + t * step, values[s]);
  }
}

/// Reads X of K channels, from `first` on, in any time step and pixel.
template <class S, int K>
struct Columns {
  using T = Compute<S>;

  STAA_DEVICE Columns(const NeuronInput<S>& input, std::size_t first) {
    for (int k = 0; k < K; ++k) shift[k] = 0;
    for (int i = 0; i < 2; ++i) {
      const auto& term = input.terms[i];
      const bool there = i < input.count;
      load_each(there ? term.scale : nullptr, first, T(1), scale[i]);
      T summand[K];
      load_each(there ? term.shift : nullptr, first, T(0), summand);
      for (int k = 0; k < K; ++k) shift[k] += summand[k];
    }
  }

  /// Reads tables [3, C] that are aligned for packs: the two scales and the shift.
  STAA_DEVICE Columns(const T* tables, std::size_t channels, std::size_t first) {
    load(tables + first, scale[0]);
    load(tables + channels + first, scale[1]);
    load(tables + 2 * channels + first, shift);
  }

  /// The distance between a term's time steps; `step` is the number of values per step.
  STAA_DEVICE static std::size_t stride(const InputTerm<S>& term, std::size_t step) {
    return term.constant ? 0 : step;
  }

  /// `at` is the place within a time step.
  STAA_DEVICE static const S* place(const InputTerm<S>& term, std::size_t step, std::size_t t,
                                    std::size_t at) {
    return term.values + t * stride(term, step) + at;
  }

  STAA_DEVICE void read(const NeuronInput<S>& input, std::size_t step, std::size_t t,
                        std::size_t at, T (&x)[K]) const {
    T values[K];
    load(place(input.terms[0], step, t, at), values);
    STAA_UNROLL
    for (int k = 0; k < K; ++k) x[k] = fused(scale[0][k], values[k], shift[k]);
    if (input.count == 1) return;
    load(place(input.terms[1], step, t, at), values);
    STAA_UNROLL
    for (int k = 0; k < K; ++k) x[k] = fused(scale[1][k], values[k], x[k]);
  }

  /// Reads X of N time steps from `first` on. Past the last step, the last one is read again:
  /// without branches between the loads, all of them are in flight together.
  template <int N>
  STAA_DEVICE void read_steps(const NeuronInput<S>& input, std::size_t step, std::size_t first,
                              std::size_t steps, std::size_t at, T (&x)[N][K]) const {
    load_steps(input.terms[0].values + at, stride(input.terms[0], step), first, steps, x);
    STAA_UNROLL
    for (int s = 0; s < N; ++s) {
      for (int k = 0; k < K; ++k) x[s][k] = fused(scale[0][k], x[s][k], shift[k]);
    }
    if (input.count == 1) return;
    T values[N][K];
    load_steps(input.terms[1].values + at, stride(input.terms[1], step), first, steps, values);
    STAA_UNROLL
    for (int s = 0; s < N; ++s) {
      for (int k = 0; k < K; ++k) x[s][k] = fused(scale[1][k], values[s][k], x[s][k]);
    }
  }

  T scale[2][K];
  T shift[K];
};

/// V = decay * H + gain * X + offset for K channels (neuron.h).
template <class T, int K>
struct Charge {
  T decay[K];
  T gain[K];
  T offset[K];

  /// The plain update.
  STAA_DEVICE void plain(const NeuronLayer<T>& layer, std::size_t first) {
    load_each(layer.decay, first, T(0), decay);
    load_each(layer.gain, first, T(0), gain);
    load_each(layer.offset, first, T(0), offset);
  }

  /// The aggregator's update, from rows of gates and offsets that are aligned for packs.
  STAA_DEVICE void gated(const T* gate, const T* summand) {
    load(gate, decay);
    load(summand, offset);
    for (int k = 0; k < K; ++k) {
      gain[k] = decay[k];
      offset[k] *= decay[k];
    }
  }

  STAA_DEVICE T membrane(int k, T h, T x) const {
    return fused(decay[k], h, fused(gain[k], x, offset[k]));
  }
};

/// H after the membrane v.
template <class T>
STAA_DEVICE T carried(const NeuronLayer<T>& layer, T v) {
  return v >= layer.threshold ? layer.reset : v;
}

/// The gradient of the membrane v from those of the spike and of H after the step.
template <class T>
STAA_DEVICE T membrane_gradient(const NeuronLayer<T>& layer, T v, T dspike, T dcarried) {
  if (!layer.detach_reset) dspike = fused(dcarried, layer.reset - v, dspike);
  const T kept = v >= layer.threshold ? T(0) : dcarried;
  const T slope = layer.surrogate_scale *
                  surrogate_slope(layer.surrogate, v - layer.threshold, layer.surrogate_width);
  return fused(dspike, slope, kept);
}

/// How a block's threads are divided over channels and pixels. `lanes` neighbouring threads take K
/// channels each, and the next `lanes` threads the same channels of the next pixel.
struct Tiling {
  Tiling() = default;
  Tiling(std::size_t packs, unsigned threads)
      : lanes(power_of_two(packs, threads)),
        rows(threads / lanes),
        tiles(divide_up(packs, lanes)) {}

  unsigned lanes = 1;
  unsigned rows = 1;
  std::size_t tiles = 1;  ///< tiles of `lanes` packs each, which cover all channels
};

/// Sums K values per thread over the rows of a tiling, always in the same order. The threads of row
/// 0 then call `take` with a channel's index among the K and its sum. `memory` holds K numbers per
/// thread, aligned for packs.
template <int K, class Block, class T, class F>
STAA_DEVICE void sum_over_rows(Block& block, const Tiling& tiling, const T (&values)[K], T* memory,
                               const F& take) {
  T* own = memory + block.thread() * K;
  T sum[K];
  for (int k = 0; k < K; ++k) sum[k] = values[k];
  for (unsigned half = tiling.rows / 2; half > 0; half /= 2) {
    const auto kept = half * tiling.lanes;  // threads that go on; as many hand their sums over
    if (block.thread() >= kept && block.thread() < 2 * kept) store(sum, own);
    block.sync();
    if (block.thread() >= kept) continue;
    T other[K];
    load(own + kept * K, other);
    for (int k = 0; k < K; ++k) sum[k] += other[k];
  }
  if (block.thread() < tiling.lanes) {
    for (int k = 0; k < K; ++k) take(k, sum[k]);
  }
  block.sync();
}

/// Returns the sum of the values of `width` neighbouring lanes, in all of them.
template <class Block, class T>
STAA_DEVICE T sum_over_lanes(Block& block, unsigned width, T value) {
  for (unsigned mask = width / 2; mask > 0; mask /= 2) value += block.exchange(value, mask);
  return value;
}

}  // namespace staa::kernels::cuda
