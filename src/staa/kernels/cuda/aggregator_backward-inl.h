#pragma once

#include "staa/kernels/cuda/aggregator-inl.h"
#include "staa/kernels/cuda/gc_rows.h"

namespace staa::kernels::cuda {

/// The backward pass of STAA neurons, through the time steps in reverse. The membrane of a step is
/// recomputed from the first step on: for the few steps of such networks, this costs less than
/// keeping it. The blocks of a sample meet once per step, to add up the sums of dV. Everything else
/// is linear in the blocks' parts, so each block leaves its own rows of sums.
template <class S, int K>
struct AggregatorBackward {
  using T = Compute<S>;
  using Element = S;

  NeuronLayer<T> layer;
  NeuronInput<S> input;
  AggregatorRows<T> rows;
  const S* spike_gradients;
  NeuronGradients<S> out;
  GcRows<T> gc_rows;
  StepMask plain;
  AggregatorGrid grid;
  T* partials;  ///< [2, B, group, 3, C]
  T* logits;    ///< [2, B, HW] gradients of GC's attention before its sigmoid
  T* slabs;     ///< [3, B, HW, C]; not used with grid.shared_slabs

  static constexpr std::size_t kSlabs = 3;
  static constexpr std::size_t kPooled = 3;
  static constexpr std::size_t kCenters = 2;  ///< NeuronGradients::center, after the other tables
  static std::size_t shared_size(const NeuronLayer<T>& layer, unsigned threads) {
    return threads * K + (kTableRows + kCenters + kPooled + 4) * layer.shape.channels +
           2 * layer.gc_reduced + layer.sa_reduced;
  }

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    Run<Block>(*this, block).all();
  }

  template <class Block>
  struct Run : SampleRun<AggregatorBackward, Block> {
    using Base = SampleRun<AggregatorBackward, Block>;
    using Base::block;
    using Base::encoding;
    using Base::kernel;
    using Base::part;
    using Base::place;
    using Base::row;
    using Base::shape;
    using Base::step;
    using Base::tables;

    STAA_DEVICE Run(const AggregatorBackward& own, Block& in) : Base(own, in) {
      const auto channels = shape.channels;
      SharedParts<T> parts(block.shared());
      const auto slab =
          own.grid.shared_slabs ? part_pixels(shape.pixels, own.grid.group) * channels : step();
      T* first = own.grid.shared_slabs ? parts.take(kSlabs * slab) : own.slabs + place(part.begin);
      dh = first;
      before = first + slab;
      total = first + 2 * slab;
      memory = parts.take(block.threads() * K);
      tables = parts.take((kTableRows + kCenters) * channels);
      pooled = parts.take(kPooled * channels);
      gate = parts.take(channels);
      spread = parts.take(channels);
      dcontexts = parts.take(2 * channels);
      dnorm = parts.take(own.layer.gc_reduced);
      dquery = parts.take(own.layer.gc_reduced);
      dreduced = parts.take(own.layer.sa_reduced);
    }

    STAA_DEVICE void all() {
      this->tabulate();
      for_each(block, shape.channels, [&](std::size_t c) {
        STAA_UNROLL
        for (int i = 0; i < 2; ++i) {
          center(i)[c] = kernel.out.scale[i] == nullptr ? T(0) : kernel.out.center[i][c];
        }
      });
      block.sync();
      for_own([&](std::size_t pixel, std::size_t channel) {
        const T zeros[K] = {};
        store(zeros, dh + local(pixel) + channel);
        if (is_constant(kernel.input)) store(zeros, total + local(pixel) + channel);
      });
      for (auto t = shape.steps; t-- > 0;) {
        through_threshold(t);
        const bool attended = !kernel.plain[t] && kernel.layer.gc_reduced > 0;
        if (!kernel.plain[t]) meet(t);
        if (attended) {
          STAA_UNROLL
          for (int i = 0; i < 2; ++i) through_attention(i, t);
        }
        block.sync();
        through_update(t, attended);
        if (attended) {
          STAA_UNROLL
          for (int i = 0; i < 2; ++i) add_key_bias(i);
        }
      }
      if (!is_constant(kernel.input)) return;
      for_own([&](std::size_t pixel, std::size_t channel) {
        T values[K];
        load(total + local(pixel) + channel, values);
        store(values, kernel.out.x + place(pixel) + channel);
      });
    }

   private:
    STAA_DEVICE std::size_t local(std::size_t pixel) const {
      return (pixel - part.begin) * shape.channels;
    }
    /// The index of the block's row among the rows of sums.
    STAA_DEVICE std::size_t piece() const { return part.sample * kernel.grid.group + part.rank; }
    STAA_DEVICE T* logits_of(int i) const {
      return kernel.logits + (i * shape.batch + part.sample) * shape.pixels;
    }
    STAA_DEVICE T* center(int i) const { return tables + (kTableRows + i) * shape.channels; }
    STAA_DEVICE T* dcontext(int i) const { return dcontexts + i * shape.channels; }

    STAA_DEVICE std::size_t channel_of(std::size_t tile) const {
      const auto lanes = kernel.grid.tiling.lanes;
      return (tile * lanes + block.thread() % lanes) * K;
    }

    /// Calls f(pixel) for the thread's own pixels.
    template <class F>
    STAA_DEVICE void for_pixels(const F& f) const {
      const auto& tiling = kernel.grid.tiling;
      for (auto pixel = part.begin + block.thread() / tiling.lanes; pixel < part.end;
           pixel += tiling.rows) {
        f(pixel);
      }
    }

    /// Calls f(pixel, channel) for the thread's own values, K at a time.
    template <class F>
    STAA_DEVICE void for_own(const F& f) const {
      for (std::size_t tile = 0; tile < kernel.grid.tiling.tiles; ++tile) {
        const auto channel = channel_of(tile);
        if (channel < shape.channels) for_pixels([&](std::size_t pixel) { f(pixel, channel); });
      }
    }

    STAA_DEVICE void charge_of(std::size_t t, std::size_t channel, Charge<T, K>& charge) const {
      if (kernel.plain[t]) return charge.plain(kernel.layer, channel);
      const auto at = row(t) * shape.channels + channel;
      charge.gated(kernel.rows.gate + at, kernel.rows.offset + at);
    }

    /// Recomputes H before time step t, X of the step and its membrane.
    STAA_DEVICE void replay(const Columns<S, K>& columns, std::size_t t, std::size_t at,
                            std::size_t channel, T (&h)[K], T (&x)[K], T (&v)[K]) const {
      for (int k = 0; k < K; ++k) h[k] = 0;
      for (std::size_t u = 0; u <= t; ++u) {
        Charge<T, K> charge;
        charge_of(u, channel, charge);
        columns.read(kernel.input, step(), u, at, x);
        for (int k = 0; k < K; ++k) v[k] = charge.membrane(k, h[k], x[k]);
        for (int k = 0; k < K && u < t; ++k) h[k] = carried(kernel.layer, v[k]);
      }
    }

    /// Turns dh into dV, and writes H before the step to `before`. If the step is not plain, also
    /// writes the block's sums of dV, dV * X and dV * H.
    STAA_DEVICE void through_threshold(std::size_t t) {
      const bool sums = !kernel.plain[t];
      T* to = this->partials_of_group() + part.rank * kPooled * shape.channels;
      for (std::size_t tile = 0; tile < kernel.grid.tiling.tiles; ++tile) {
        const auto channel = channel_of(tile);
        const bool there = channel < shape.channels;
        T sum[kPooled][K] = {};
        if (there) {
          const Columns<S, K> columns(tables, shape.channels, channel);
          for_pixels([&](std::size_t pixel) {
            T h[K];
            T x[K];
            T v[K];
            T dspike[K];
            T dv[K];
            replay(columns, t, place(pixel) + channel, channel, h, x, v);
            load(kernel.spike_gradients + t * step() + place(pixel) + channel, dspike);
            load(dh + local(pixel) + channel, dv);
            for (int k = 0; k < K; ++k) {
              dv[k] = membrane_gradient(kernel.layer, v[k], dspike[k], dv[k]);
              sum[0][k] += dv[k];
              sum[1][k] = fused(dv[k], x[k], sum[1][k]);
              sum[2][k] = fused(dv[k], h[k], sum[2][k]);
            }
            store(dv, dh + local(pixel) + channel);
            store(h, before + local(pixel) + channel);
          });
        }
        STAA_UNROLL
        for (std::size_t q = 0; q < kPooled; ++q) {
          if (!sums) continue;
          sum_over_rows(block, kernel.grid.tiling, sum[q], memory, [&](int k, T value) {
            if (there) to[q * shape.channels + channel + k] = value;
          });
        }
      }
    }

    /// Computes the gradients of gates, offsets and contexts from the sums over all pixels.
    STAA_DEVICE void meet(std::size_t t) {
      const auto& layer = kernel.layer;
      const auto channels = shape.channels;
      this->meet_to_add(pooled);
      const auto at = row(t) * channels;
      for_each(block, channels, [&](std::size_t c) {
        this->tabulate_encodings(t, c);
        gate[c] = kernel.rows.gate[at + c];
        spread[c] = 0;
      });
      block.sync();
      if (layer.sa_reduced > 0) through_gate(t);
      T* doffset = pooled;
      for_each(block, channels, [&](std::size_t c) {
        doffset[c] = fused(gate[c], pooled[c], spread[c]);
        spread[c] /= static_cast<T>(shape.pixels);
        if (part.rank == 0) kernel.out.offset[at + c] = doffset[c];
      });
      block.sync();
      if (layer.gc_reduced == 0) return;
      STAA_UNROLL
      for (int i = 0; i < 2; ++i) through_context(i, t, doffset);
    }

    /// The backward pass of SA. Writes the gradient of the means of U to `spread`.
    STAA_DEVICE void through_gate(std::size_t t) {
      const auto& layer = kernel.layer;
      const auto channels = shape.channels;
      const auto size = layer.sa_reduced;
      const auto at = row(t) * channels;
      T* dexpand = pooled + channels;
      for_each(block, channels, [&](std::size_t c) {
        const T dgate = fused(kernel.rows.offset[at + c], pooled[c],
                              pooled[channels + c] + pooled[2 * channels + c]);
        dexpand[c] = dgate * gate[c] * (1 - gate[c] / layer.sa_gain);
        if (part.rank == 0) kernel.out.expand[at + c] = dexpand[c];
      });
      block.sync();
      const T* kept = kernel.rows.hidden + row(t) * size;
      multiply_transposed(block, layer.sa.expand, channels, size, dexpand, memory,
                          [&](std::size_t r, T sum) {
                            dreduced[r] = kept[r] > 0 ? sum : T(0);
                            if (part.rank == 0) kernel.out.hidden[row(t) * size + r] = dreduced[r];
                          });
      multiply_transposed(block, layer.sa.reduce, size, channels, dreduced, memory,
                          [&](std::size_t c, T sum) { spread[c] = layer.sa_alpha * sum; });
    }

    /// The backward pass of GC, to the gradient of its context.
    STAA_DEVICE void through_context(int i, std::size_t t, const T* doffset) {
      const auto& gc = kernel.layer.gc[i];
      const auto size = kernel.layer.gc_reduced;
      const auto at = row(t) * size;
      multiply_transposed(block, gc.value, shape.channels, size, doffset, memory,
                          [&](std::size_t r, T sum) { dnorm[r] = sum; });
      const Normed<T> normed(block, kernel.rows.query[i] + at, size);
      const auto output = [&](std::size_t r) {
        return fused(normed[r], gc.norm[r], gc.norm_bias[r]);
      };
      const auto behind_relu = [&](std::size_t r) { return output(r) > 0 ? dnorm[r] : T(0); };
      const T sum = sum_of(block, size, [&](std::size_t r) { return behind_relu(r) * gc.norm[r]; });
      const T sum_normed = sum_of(
          block, size, [&](std::size_t r) { return behind_relu(r) * gc.norm[r] * normed[r]; });
      for_each(block, size, [&](std::size_t r) {
        const T dn = behind_relu(r);
        dquery[r] =
            normed.rstd * (dn * gc.norm[r] - (sum + normed[r] * sum_normed) / static_cast<T>(size));
        if (part.rank > 0) return;
        kernel.out.norm[i][at + r] = dn;
        kernel.out.query[i][at + r] = dquery[r];
        kernel.gc_rows.hidden[i][at + r] = output(r) > 0 ? output(r) : T(0);
        kernel.gc_rows.normed[i][at + r] = dn * normed[r];
      });
      block.sync();
      multiply_transposed(block, gc.query, size, shape.channels, dquery, memory,
                          [&](std::size_t c, T value) { dcontext(i)[c] = value; });
    }

    /// Reads K channels of X (i = 0) or H (i = 1), plus the encoding.
    STAA_DEVICE void read_encoded(int i, std::size_t t, std::size_t pixel, std::size_t channel,
                                  T (&values)[K]) const {
      if (i == 1) {
        load(before + local(pixel) + channel, values);
      } else {
        const Columns<S, K> columns(tables, shape.channels, channel);
        columns.read(kernel.input, step(), t, place(pixel) + channel, values);
      }
      T encoded[K];
      load(encoding(i) + channel, encoded);
      for (int k = 0; k < K; ++k) values[k] += encoded[k];
    }

    /// Computes the gradients of GC's attention before its sigmoid.
    STAA_DEVICE void through_attention(int i, std::size_t t) {
      const T* attention = kernel.rows.attention[i] + row(t) * shape.pixels;
      T* dlogit = logits_of(i);
      dots<K>(
          block, part, shape.channels, dcontext(i),
          [&](std::size_t pixel, std::size_t channel, T(&values)[K]) {
            read_encoded(i, t, pixel, channel, values);
          },
          [&](std::size_t pixel, T product) {
            dlogit[pixel] = product * attention[pixel] * (1 - attention[pixel]);
          });
    }

    /// The sums of a thread in through_update(), with one value of each per channel.
    struct Sums {
      T key[2][K] = {};
      T encoding[2][K] = {};
      T shift[K] = {};
      T scale[2][K] = {};
    };

    /// Computes dX and dH before the step from dV.
    STAA_DEVICE void through_update(std::size_t t, bool attended) {
      for (std::size_t tile = 0; tile < kernel.grid.tiling.tiles; ++tile) {
        const auto channel = channel_of(tile);
        Sums sums;
        if (channel < shape.channels) {
          Charge<T, K> charge;
          charge_of(t, channel, charge);
          T even[K] = {};
          if (!kernel.plain[t]) load(spread + channel, even);
          for_pixels([&](std::size_t pixel) {
            T dx[K];
            T of_h[K];
            load(dh + local(pixel) + channel, of_h);
            for (int k = 0; k < K; ++k) {
              dx[k] = fused(charge.gain[k], of_h[k], even[k]);
              of_h[k] = fused(charge.decay[k], of_h[k], even[k]);
            }
            if (attended) {
              add_attention(0, t, pixel, channel, dx, sums);
              add_attention(1, t, pixel, channel, of_h, sums);
            }
            store(of_h, dh + local(pixel) + channel);
            keep(t, pixel, channel, dx, sums);
          });
        }
        leave(t, attended, channel, sums);
      }
    }

    STAA_DEVICE void add_attention(int i, std::size_t t, std::size_t pixel, std::size_t channel,
                                   T (&gradient)[K], Sums& sums) const {
      const T weight = kernel.rows.attention[i][row(t) * shape.pixels + pixel];
      const T slope = logits_of(i)[pixel];
      T values[K];
      T context[K];
      T keys[K];
      read_encoded(i, t, pixel, channel, values);
      load(dcontext(i) + channel, context);
      load(this->key(i) + channel, keys);
      for (int k = 0; k < K; ++k) {
        const T part_of = fused(weight, context[k], slope * keys[k]);
        gradient[k] += part_of;
        sums.encoding[i][k] += part_of;
        sums.key[i][k] = fused(slope, values[k], sums.key[i][k]);
      }
    }

    /// Passes dX on to the gradients that are wanted.
    STAA_DEVICE void keep(std::size_t t, std::size_t pixel, std::size_t channel, const T (&dx)[K],
                          Sums& sums) const {
      const auto& to = kernel.out;
      if (is_constant(kernel.input)) {
        T so_far[K];
        load(total + local(pixel) + channel, so_far);
        for (int k = 0; k < K; ++k) so_far[k] += dx[k];
        store(so_far, total + local(pixel) + channel);
      } else {
        store(dx, to.x + t * step() + place(pixel) + channel);
      }
      if (to.shift == nullptr) return;
      for (int k = 0; k < K; ++k) sums.shift[k] += dx[k];
      STAA_UNROLL
      for (int i = 0; i < 2; ++i) {
        if (to.scale[i] == nullptr) continue;
        T values[K];
        T centers[K];
        load(Columns<S, K>::place(kernel.input.terms[i], step(), t, place(pixel) + channel),
             values);
        load(center(i) + channel, centers);
        for (int k = 0; k < K; ++k) {
          sums.scale[i][k] = fused(dx[k], values[k] - centers[k], sums.scale[i][k]);
        }
      }
    }

    /// Adds the threads' sums to the block's rows.
    STAA_DEVICE void leave(std::size_t t, bool attended, std::size_t channel, const Sums& sums) {
      const bool there = channel < shape.channels;
      const auto own = piece() * shape.channels + channel;
      const auto add = [&](const T(&values)[K], T* to) {
        if (to == nullptr) return;
        sum_over_rows(block, kernel.grid.tiling, values, memory, [&](int k, T value) {
          if (there) to[own + k] += value;
        });
      };
      add(sums.shift, kernel.out.shift);
      STAA_UNROLL
      for (int i = 0; i < 2; ++i) {
        add(sums.scale[i], kernel.out.scale[i]);
        if (attended) add(sums.key[i], kernel.out.key[i]);
        T* table = i == 0 ? kernel.out.pe_x : kernel.out.pe_h;
        if (kernel.plain[t] || table == nullptr) continue;
        add(sums.encoding[i], table + t * shape.batch * kernel.grid.group * shape.channels);
        if (part.rank > 0 || !there || block.thread() >= kernel.grid.tiling.lanes) continue;
        T* of_step = table + t * shape.batch * kernel.grid.group * shape.channels + own;
        for (int k = 0; k < K; ++k) of_step[k] += pooled[channel + k];  // the offset's gradient
      }
    }

    STAA_DEVICE void add_key_bias(int i) {
      const T* dlogit = logits_of(i);
      const T sum = sum_of(block, part.end - part.begin,
                           [&](std::size_t p) { return dlogit[part.begin + p]; });
      if (block.thread() == 0) kernel.out.key_bias[i][piece()] += sum;
    }

    T* dh;      // [HW of the part, C], like the next two
    T* before;  // H before the step
    T* total;   // sum of dX over the time steps, if X is constant
    T* memory;  // for sum_over_rows()
    T* pooled;  // [3, C]: sums of dV, dV * X, dV * H; later doffset, dexpand and nothing
    T* gate;
    T* spread;
    T* dcontexts;  // [2, C]
    T* dnorm;
    T* dquery;
    T* dreduced;
  };
};

}  // namespace staa::kernels::cuda
