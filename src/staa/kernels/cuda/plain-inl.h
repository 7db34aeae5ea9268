#pragma once

#include "staa/kernels/cuda/layer-inl.h"

/// Neurons without the aggregator. A thread takes K channels of a pixel through all time steps,
/// with the membrane in registers, and then the next pixel of its piece. Every sequence is read or
/// written once, except that the backward pass of long sequences or with learned factors reads X
/// again.
namespace staa::kernels::cuda {

/// How the grid divides a layer: a block has one tile of channels of one piece of a sample.
struct PlainGrid {
  static constexpr unsigned kThreads = 128;

  PlainGrid() = default;
  PlainGrid(const NeuronShape& shape, int channels_a_thread)
      : tiling(shape.channels / static_cast<std::size_t>(channels_a_thread), kThreads),
        pieces(pieces_of(shape)) {}

  std::size_t blocks(const NeuronShape& shape) const { return shape.batch * pieces * tiling.tiles; }

  /// Depends only on the shape, so that the order of sums does too. There are as many pieces as
  /// give a few times the blocks that the largest GPUs run at once, but not so many that threads of
  /// a block are idle.
  static std::size_t pieces_of(const NeuronShape& shape) {
    constexpr std::size_t kBlocks = 4096;
    constexpr std::size_t kBlockValues = 4 * std::size_t{kThreads};
    const auto wanted = kBlocks / (shape.batch * divide_up(shape.channels, kBlockValues));
    const auto busy = std::min(shape.pixels * shape.channels / kBlockValues, shape.pixels);
    return std::max<std::size_t>(std::min(wanted, busy), 1);
  }

  Tiling tiling;
  std::size_t pieces = 1;
};

/// A thread's place in a PlainGrid.
template <int K>
struct PlainPlace {
  template <class Block>
  STAA_DEVICE PlainPlace(const Block& block, const PlainGrid& grid, const NeuronShape& shape)
      : channel((block.index() % grid.tiling.tiles * grid.tiling.lanes +
                 block.thread() % grid.tiling.lanes) *
                K),
        piece(block.index() / grid.tiling.tiles % grid.pieces),
        sample(block.index() / grid.tiling.tiles / grid.pieces),
        first(shape.pixels * piece / grid.pieces + block.thread() / grid.tiling.lanes),
        end(channel < shape.channels ? shape.pixels * (piece + 1) / grid.pieces : 0),
        step(shape.batch * shape.pixels * shape.channels) {}

  /// The place of a pixel's values within a time step.
  STAA_DEVICE std::size_t at(const NeuronShape& shape, std::size_t pixel) const {
    return (sample * shape.pixels + pixel) * shape.channels + channel;
  }

  std::size_t channel;  ///< the first of K
  std::size_t piece;
  std::size_t sample;
  std::size_t first;  ///< the thread's pixels are [first, end) in strides of tiling.rows
  std::size_t end;
  std::size_t step;  ///< values per time step
};

template <class S, int K>
struct PlainForward {
  using T = Compute<S>;
  static constexpr int kTogether = 4;  ///< steps whose X is read before the first of them fires

  NeuronLayer<T> layer;
  NeuronInput<S> input;
  S* spikes;
  PlainGrid grid;

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    const auto& shape = layer.shape;
    const PlainPlace<K> place(block, grid, shape);
    if (place.first >= place.end) return;
    const Columns<S, K> columns(input, place.channel);
    Charge<T, K> charge;
    charge.plain(layer, place.channel);
    for (auto pixel = place.first; pixel < place.end; pixel += grid.tiling.rows) {
      const auto at = place.at(shape, pixel);
      T h[K] = {};
      for (std::size_t first = 0; first < shape.steps; first += kTogether) {
        T x[kTogether][K];
        columns.read_steps(input, place.step, first, shape.steps, at, x);
        STAA_UNROLL
        for (int s = 0; s < kTogether; ++s) {
          if (first + s >= shape.steps) continue;
          T fired[K];
          STAA_UNROLL
          for (int k = 0; k < K; ++k) {
            const T v = charge.membrane(k, h[k], x[s][k]);
            fired[k] = v >= layer.threshold ? T(1) : T(0);
            h[k] = carried(layer, v);
          }
          store(fired, spikes + (first + s) * place.step + at);
        }
      }
    }
  }
};

/// Recomputes the membranes of kSteps time steps and keeps them in registers. Longer sequences need
/// kLong: they are divided into chunks of kSteps, H before each chunk is kept, and the last chunk
/// comes first.
template <class S, int K, int kSteps, bool kLong>
struct PlainBackward {
  using T = Compute<S>;
  static constexpr std::size_t kMaxChunks = kLong ? divide_up(kMaxSteps, kSteps) : 1;

  NeuronLayer<T> layer;
  NeuronInput<S> input;
  const S* spike_gradients;
  NeuronGradients<S> out;
  PlainGrid grid;

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    const PlainPlace<K> place(block, grid, layer.shape);
    const auto channel = place.channel < layer.shape.channels ? place.channel : 0;
    Thread thread(*this, place, channel);
    for (auto pixel = place.first; pixel < place.end; pixel += grid.tiling.rows) {
      thread.take(place.at(layer.shape, pixel));
    }
    T* memory = reinterpret_cast<T*>(block.shared());
    const auto row = (place.sample * grid.pieces + place.piece) * layer.shape.channels;
    const auto sum = [&](const T(&values)[K], T* to) {
      if (to == nullptr) return;
      sum_over_rows(block, grid.tiling, values, memory, [&](int k, T total) {
        if (place.channel < layer.shape.channels) to[row + place.channel + k] = total;
      });
    };
    sum(thread.decay, out.decay);
    sum(thread.gain, out.gain);
    sum(thread.shift, out.shift);
    sum(thread.scale[0], out.scale[0]);
    sum(thread.scale[1], out.scale[1]);
  }

  /// The sums and factors of one thread.
  struct Thread {
    STAA_DEVICE Thread(const PlainBackward& own, const PlainPlace<K>& in_grid, std::size_t channel)
        : kernel(own), place(in_grid), columns(own.input, channel) {
      charge.plain(own.layer, channel);
      for (int i = 0; i < 2; ++i) {
        load_each(own.out.scale[i] == nullptr ? nullptr : own.out.center[i], channel, T(0),
                  center[i]);
      }
    }

    STAA_DEVICE void charge_step(std::size_t t, std::size_t at, const T (&h)[K], T (&v)[K]) const {
      T x[K];
      columns.read(kernel.input, place.step, t, at, x);
      STAA_UNROLL
      for (int k = 0; k < K; ++k) v[k] = charge.membrane(k, h[k], x[k]);
    }

    STAA_DEVICE void carry(const T (&v)[K], T (&h)[K]) const {
      STAA_UNROLL
      for (int k = 0; k < K; ++k) h[k] = carried(kernel.layer, v[k]);
    }

    /// Takes K neurons through all time steps.
    STAA_DEVICE void take(std::size_t at) {
      const auto steps = kernel.layer.shape.steps;
      const auto chunks = kLong ? divide_up(steps, kSteps) : 1;
      T starts[kMaxChunks][K];
      T h[K] = {};
      for (std::size_t chunk = 0; chunk + 1 < chunks; ++chunk) {
        for (int k = 0; k < K; ++k) starts[chunk][k] = h[k];
        for (std::size_t t = chunk * kSteps; t < (chunk + 1) * kSteps; ++t) {
          T v[K];
          charge_step(t, at, h, v);
          carry(v, h);
        }
      }
      T dh[K] = {};
      T total[K] = {};
      for (auto chunk = chunks; chunk-- > 0;) {
        if (chunk + 1 < chunks) {
          for (int k = 0; k < K; ++k) h[k] = starts[chunk][k];
        }
        take_chunk(chunk * kSteps, at, h, dh, total);
      }
      if (is_constant(kernel.input)) store(total, kernel.out.x + at);
    }

    STAA_DEVICE void take_chunk(std::size_t first, std::size_t at, const T (&start)[K], T (&dh)[K],
                                T (&total)[K]) {
      const auto steps = kernel.layer.shape.steps;
      // Steps past the last compute results that nothing reads: a branch would separate the loads.
      T v[kSteps][K];
      T dspikes[kSteps][K];
      columns.read_steps(kernel.input, place.step, first, steps, at, v);
      load_steps(kernel.spike_gradients + at, place.step, first, steps, dspikes);
      T h[K];
      for (int k = 0; k < K; ++k) h[k] = start[k];
      STAA_UNROLL
      for (int s = 0; s < kSteps; ++s) {
        STAA_UNROLL
        for (int k = 0; k < K; ++k) v[s][k] = charge.membrane(k, h[k], v[s][k]);
        carry(v[s], h);
      }
      STAA_UNROLL
      for (int s = kSteps - 1; s >= 0; --s) {
        if (first + s >= steps) continue;
        if (s > 0) {
          carry(v[s > 0 ? s - 1 : 0], h);
        } else {
          for (int k = 0; k < K; ++k) h[k] = start[k];
        }
        T dv[K];
        STAA_UNROLL
        for (int k = 0; k < K; ++k) {
          dv[k] = membrane_gradient(kernel.layer, v[s][k], dspikes[s][k], dh[k]);
          dh[k] = charge.decay[k] * dv[k];
        }
        keep(first + s, at, h, dv, total);
      }
    }

    /// Passes dV of a time step on to the gradients that are wanted.
    STAA_DEVICE void keep(std::size_t t, std::size_t at, const T (&h)[K], const T (&dv)[K],
                          T (&total)[K]) {
      const auto& to = kernel.out;
      T dx[K];
      for (int k = 0; k < K; ++k) dx[k] = charge.gain[k] * dv[k];
      if (is_constant(kernel.input)) {
        for (int k = 0; k < K; ++k) total[k] += dx[k];
      } else {
        store(dx, to.x + t * place.step + at);
      }
      if (to.decay != nullptr) {
        T x[K];
        columns.read(kernel.input, place.step, t, at, x);
        for (int k = 0; k < K; ++k) {
          decay[k] = fused(dv[k], h[k], decay[k]);
          gain[k] = fused(dv[k], x[k], gain[k]);
        }
      }
      if (to.shift == nullptr) return;
      for (int k = 0; k < K; ++k) shift[k] += dx[k];
      STAA_UNROLL
      for (int i = 0; i < 2; ++i) {
        if (to.scale[i] == nullptr) continue;
        T values[K];
        load(columns.place(kernel.input.terms[i], place.step, t, at), values);
        for (int k = 0; k < K; ++k) {
          scale[i][k] = fused(dx[k], values[k] - center[i][k], scale[i][k]);
        }
      }
    }

    const PlainBackward& kernel;
    const PlainPlace<K>& place;
    Columns<S, K> columns;
    Charge<T, K> charge;
    T center[2][K];
    T decay[K] = {};
    T gain[K] = {};
    T shift[K] = {};
    T scale[2][K] = {};
  };
};

}  // namespace staa::kernels::cuda
