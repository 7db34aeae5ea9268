#pragma once

#include "staa/kernels/cuda/aggregator-inl.h"

namespace staa::kernels::cuda {

/// STAA neurons over all time steps. The blocks of a sample meet once per step, to add up what they
/// have pooled; each of them then computes GC and SA on the sums by itself.
template <class S, int K>
struct AggregatorForward {
  using T = Compute<S>;
  using Element = S;

  NeuronLayer<T> layer;
  NeuronInput<S> input;
  AggregatorRows<T> rows;
  S* spikes;
  StepMask plain;
  AggregatorGrid grid;
  T* partials;  ///< [2, B, group, 4, C]
  T* slabs;     ///< [B, HW, C]; not used with grid.shared_slabs

  static constexpr std::size_t kSlabs = 1;
  static constexpr std::size_t kPooled = 4;
  /// The size of a block's shared memory in numbers T, without the slab.
  static std::size_t shared_size(const NeuronLayer<T>& layer, unsigned threads) {
    return threads * K + (kTableRows + kPooled + 2) * layer.shape.channels + 2 * layer.gc_reduced +
           layer.sa_reduced;
  }

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    Run<Block>(*this, block).all();
  }

  template <class Block>
  struct Run : SampleRun<AggregatorForward, Block> {
    using Base = SampleRun<AggregatorForward, Block>;
    using Base::block;
    using Base::encoding;
    using Base::kernel;
    using Base::part;
    using Base::place;
    using Base::row;
    using Base::shape;
    using Base::step;
    using Base::tables;

    STAA_DEVICE Run(const AggregatorForward& own, Block& in) : Base(own, in) {
      const auto channels = shape.channels;
      SharedParts<T> parts(block.shared());
      h = own.grid.shared_slabs ? parts.take(part_pixels(shape.pixels, own.grid.group) * channels)
                                : own.slabs + place(part.begin);
      memory = parts.take(block.threads() * K);
      tables = parts.take(kTableRows * channels);
      pooled = parts.take(kPooled * channels);
      offset = parts.take(channels);
      gate = parts.take(channels);
      query = parts.take(own.layer.gc_reduced);
      hidden = parts.take(own.layer.gc_reduced);
      reduced = parts.take(own.layer.sa_reduced);
    }

    STAA_DEVICE void all() {
      this->tabulate();
      for_each(block, (part.end - part.begin) * shape.channels,
               [&](std::size_t i) { h[i] = T(0); });
      block.sync();
      for (std::size_t t = 0; t < shape.steps; ++t) {
        if (!kernel.plain[t]) aggregate(t);
        fire(t);
        block.sync();
      }
    }

    /// Reads K channels of X (i = 0) or H (i = 1).
    STAA_DEVICE void read(int i, std::size_t t, std::size_t pixel, std::size_t channel,
                          T (&values)[K]) const {
      if (i == 1) return load(h + (pixel - part.begin) * shape.channels + channel, values);
      const Columns<S, K> columns(tables, shape.channels, channel);
      columns.read(kernel.input, step(), t, place(pixel) + channel, values);
    }

    STAA_DEVICE void aggregate(std::size_t t) {
      const auto& layer = kernel.layer;
      for_each(block, shape.channels, [&](std::size_t c) {
        this->tabulate_encodings(t, c);
        const T of_u = layer.pe_u == nullptr ? T(0) : layer.pe_u[t * shape.channels + c];
        offset[c] = encoding(0)[c] + encoding(1)[c] + of_u;
      });
      block.sync();
      if (layer.gc_reduced > 0 || layer.sa_reduced > 0) {
        T* own = this->partials_of_group() + part.rank * kPooled * shape.channels;
        STAA_UNROLL
        for (int i = 0; i < 2; ++i) pool(i, t, own + 2 * i * shape.channels);
        this->meet_to_add(pooled);
        block.sync();
      }
      if (layer.gc_reduced > 0) {
        STAA_UNROLL
        for (int i = 0; i < 2; ++i) attend(i, t);
      }
      find_gate(t);
      if (part.rank > 0) return;
      const auto at = row(t) * shape.channels;
      for_each(block, shape.channels, [&](std::size_t c) {
        kernel.rows.offset[at + c] = offset[c];
        kernel.rows.gate[at + c] = gate[c];
      });
    }

    /// Eq. 7 and the plain sum over the block's pixels. Writes sums [2, C] of X (i = 0) or H
    /// (i = 1).
    STAA_DEVICE void pool(int i, std::size_t t, T* sums) {
      const auto& layer = kernel.layer;
      const bool gc = layer.gc_reduced > 0;
      const auto channels = shape.channels;
      T* attention = gc ? kernel.rows.attention[i] + row(t) * shape.pixels : nullptr;
      const auto read_encoded = [&](std::size_t pixel, std::size_t channel, T(&values)[K]) {
        T encoded[K];
        read(i, t, pixel, channel, values);
        load(encoding(i) + channel, encoded);
        for (int k = 0; k < K; ++k) values[k] += encoded[k];
      };
      if (gc) {
        const T bias = layer.gc[i].key_bias[0];
        dots<K>(block, part, channels, this->key(i), read_encoded,
                [&](std::size_t pixel, T logit) { attention[pixel] = sigmoid(logit + bias); });
        block.sync();
      }
      const auto& tiling = kernel.grid.tiling;
      for (std::size_t tile = 0; tile < tiling.tiles; ++tile) {
        const auto channel = (tile * tiling.lanes + block.thread() % tiling.lanes) * K;
        const bool there = channel < channels;
        T context[K] = {};
        T plain_sum[K] = {};
        T encoded[K] = {};
        if (there) load(encoding(i) + channel, encoded);
        for (auto pixel = part.begin + block.thread() / tiling.lanes; there && pixel < part.end;
             pixel += tiling.rows) {
          T values[K];
          read(i, t, pixel, channel, values);
          for (int k = 0; k < K; ++k) plain_sum[k] += values[k];
          if (!gc) continue;
          const T weight = attention[pixel];
          for (int k = 0; k < K; ++k) {
            context[k] = fused(weight, values[k] + encoded[k], context[k]);
          }
        }
        sum_over_rows(block, tiling, context, memory, [&](int k, T total) {
          if (there) sums[channel + k] = total;
        });
        sum_over_rows(block, tiling, plain_sum, memory, [&](int k, T total) {
          if (there) sums[channels + channel + k] = total;
        });
      }
    }

    /// Eq. 8 and 9; adds the result to the offset.
    STAA_DEVICE void attend(int i, std::size_t t) {
      const auto& gc = kernel.layer.gc[i];
      const auto size = kernel.layer.gc_reduced;
      const auto channels = shape.channels;
      const T* context = pooled + 2 * i * channels;
      multiply(block, gc.query, size, channels, context,
               [&](std::size_t r, T sum) { query[r] = sum + gc.query_bias[r]; });
      block.sync();
      const Normed<T> normed(block, query, size);
      for_each(block, size, [&](std::size_t r) {
        const T value = fused(normed[r], gc.norm[r], gc.norm_bias[r]);
        hidden[r] = value > 0 ? value : T(0);
      });
      block.sync();
      multiply(block, gc.value, channels, size, hidden,
               [&](std::size_t c, T sum) { offset[c] += sum + gc.value_bias[c]; });
      if (part.rank == 0) {
        for_each(block, channels, [&](std::size_t c) {
          kernel.rows.context[i][row(t) * channels + c] = context[c];
        });
        for_each(block, size,
                 [&](std::size_t r) { kernel.rows.query[i][row(t) * size + r] = query[r]; });
      }
      block.sync();
    }

    /// Eq. 12. mean(U) follows from the sums of X and H.
    STAA_DEVICE void find_gate(std::size_t t) {
      const auto& layer = kernel.layer;
      const auto& sa = layer.sa;
      const auto channels = shape.channels;
      const auto size = layer.sa_reduced;
      if (size == 0) {
        for_each(block, channels, [&](std::size_t c) { gate[c] = layer.sa_gain / 2; });
        block.sync();
        return;
      }
      T* mean = pooled;  // GC no longer needs `pooled`
      const T share = 1 / static_cast<T>(shape.pixels);
      for_each(block, channels, [&](std::size_t c) {
        mean[c] = fused(pooled[channels + c] + pooled[3 * channels + c], share, offset[c]);
      });
      block.sync();
      multiply(block, sa.reduce, size, channels, mean, [&](std::size_t r, T sum) {
        const T value = fused(sum, layer.sa_alpha, sa.reduce_bias[r]);
        reduced[r] = value > 0 ? value : T(0);
      });
      block.sync();
      multiply(block, sa.expand, channels, size, reduced, [&](std::size_t c, T sum) {
        gate[c] = layer.sa_gain * sigmoid(sum + sa.expand_bias[c]);
      });
      if (part.rank == 0) {
        for_each(block, channels,
                 [&](std::size_t c) { kernel.rows.mean[row(t) * channels + c] = mean[c]; });
        for_each(block, size,
                 [&](std::size_t r) { kernel.rows.hidden[row(t) * size + r] = reduced[r]; });
      }
      block.sync();
    }

    STAA_DEVICE void fire(std::size_t t) {
      const auto& layer = kernel.layer;
      const auto& tiling = kernel.grid.tiling;
      for (std::size_t tile = 0; tile < tiling.tiles; ++tile) {
        const auto channel = (tile * tiling.lanes + block.thread() % tiling.lanes) * K;
        if (channel >= shape.channels) continue;
        Charge<T, K> charge;
        if (kernel.plain[t]) {
          charge.plain(layer, channel);
        } else {
          charge.gated(gate + channel, offset + channel);
        }
        for (auto pixel = part.begin + block.thread() / tiling.lanes; pixel < part.end;
             pixel += tiling.rows) {
          T x[K];
          T carried_on[K];
          T fired[K];
          read(0, t, pixel, channel, x);
          read(1, t, pixel, channel, carried_on);
          for (int k = 0; k < K; ++k) {
            const T v = charge.membrane(k, carried_on[k], x[k]);
            fired[k] = v >= layer.threshold ? T(1) : T(0);
            carried_on[k] = carried(layer, v);
          }
          store(fired, kernel.spikes + t * step() + place(pixel) + channel);
          store(carried_on, h + (pixel - part.begin) * shape.channels + channel);
        }
      }
    }

    T* h;       // [HW of the part, C]
    T* memory;  // for sum_over_rows()
    T* pooled;  // [4, C]: context and sum of X, then of H
    T* offset;
    T* gate;
    T* query;
    T* hidden;
    T* reduced;
  };
};

}  // namespace staa::kernels::cuda
