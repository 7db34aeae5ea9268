// What the forward and the backward pass share: groups of samples, their input, and the
// aggregator's part of a time step. Compiled once per target.
#if defined(STAA_KERNELS_STEPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_STEPS_INL_H_
#undef STAA_KERNELS_STEPS_INL_H_
#else
#define STAA_KERNELS_STEPS_INL_H_
#endif

#include <algorithm>
#include <vector>

#include "staa/kernels/buffer.h"
#include "staa/kernels/cache.h"
#include "staa/kernels/neuron/aggregator-inl.h"
#include "staa/kernels/neuron/membrane-inl.h"
#include "staa/kernels/spikes-inl.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Samples that are taken through all time steps together: as many as have their slabs in the
/// second-level cache. If the weights of GC and SA are much larger than a slab, there are more
/// samples, so that the weights are not read again for every one of them.
struct Group {
  std::size_t first;
  std::size_t size;
};

/// Calls f for every group. `slabs` is the number of slabs per sample that are in use at once.
template <class T, class F>
void for_groups(const NeuronLayer<T>& layer, std::size_t slabs, SampleRange samples, const F& f) {
  const auto slab = layer.shape.pixels * layer.shape.channels * sizeof(T);
  const auto weights =
      layer.aggregate
          ? layer.shape.channels * (4 * layer.gc_reduced + 2 * layer.sa_reduced) * sizeof(T)
          : 0;
  const auto fitting = cache_bytes() * 3 / 4 / (slab * slabs);
  const auto sharing = weights / (4 * slab);
  const auto most = std::clamp<std::size_t>(std::max(fitting, sharing), 1, kMaxGroup);
  for (auto first = samples.begin; first < samples.end; first += most) {
    f(Group{first, std::min(most, samples.end - first)});
  }
}

template <class T>
bool aggregates(const NeuronLayer<T>& layer, std::size_t t) {
  return layer.aggregate && (layer.dropped == nullptr || layer.dropped[t] == 0);
}

template <class T>
const T* at_step(const T* table, std::size_t t, std::size_t channels) {
  return table == nullptr ? nullptr : table + t * channels;
}

/// Offsets of a time step and sample in the tensors of a layer.
struct Place {
  Place(const NeuronShape& shape, std::size_t t, std::size_t sample)
      : row(t * shape.batch + sample), slab(row * shape.pixels * shape.channels) {}
  std::size_t row;
  std::size_t slab;
};

/// A scale and a shift per channel that are applied when values are read: the values stand for
/// scale * values + shift. If these are null, the values stand for themselves.
template <class T>
struct Affine {
  const T* scale = nullptr;
  const T* shift = nullptr;
};

/// Turns sums [C] of values into sums of scale * values + shift. `count` is the number of values
/// per channel or, for weighted sums, the sum of the weights.
template <class T>
void apply(const Affine<T>& affine, std::size_t channels, T count, T* sums) {
  if (affine.scale == nullptr) return;
  for (std::size_t c = 0; c < channels; ++c) {
    sums[c] = affine.scale[c] * sums[c] + affine.shift[c] * count;
  }
}

/// GC's key, with the scale and shift of its input and the encoding folded in. It is the same for
/// all samples of a time step.
template <class T>
struct Key {
  Key(const GcWeights<T>& gc, std::size_t channels, const Affine<T>& affine, const T* pe)
      : weight(gc.key), bias(gc.key_bias[0]) {
    if (affine.scale != nullptr) {
      bias += along(affine.shift, gc.key, channels);
      scaled.resize(channels);
      for (std::size_t c = 0; c < channels; ++c) scaled[c] = affine.scale[c] * gc.key[c];
      weight = scaled.data();
    }
    if (pe != nullptr) bias += along(pe, gc.key, channels);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  static T along(const T* values, const T* key, std::size_t channels) {
    T product;
    dots(values, key, channels, 1, &product);
    return product;
  }

  std::vector<T> scaled;
  const T* weight;
  T bias;
};

/// Eq. 7 and the plain sum of one slab. Writes attention [HW], and context and sum [C], which must
/// be 0 before.
template <class T>
void pool(const NeuronShape& shape, const Key<T>& key, const T* values, const Affine<T>& affine,
          const T* pe, T* attention, T* context, T* sum) {
  const auto channels = shape.channels;
  const auto block = block_pixels(channels);
  T total = 0;
  for (std::size_t p = 0; p < shape.pixels; p += block) {
    const auto count = std::min(block, shape.pixels - p);
    dots(values + p * channels, key.weight, channels, count, attention + p);
    sigmoid_in_place(attention + p, count, key.bias);
    add_weighted_and_plain(values + p * channels, attention + p, channels, count, context, sum);
    for (std::size_t i = p; i < p + count; ++i) total += attention[i];
  }
  apply(affine, channels, total, context);
  apply(affine, channels, static_cast<T>(shape.pixels), sum);
  for (std::size_t c = 0; c < channels && pe != nullptr; ++c) context[c] += total * pe[c];
}

/// Like pool(), for a slab of zeros: H is 0 before the first time step.
template <class T>
void pool_zeros(const NeuronShape& shape, const Key<T>& key, const T* pe, T* attention,
                T* context) {
  T value = 0;
  sigmoid_in_place(&value, 1, key.bias);
  std::fill(attention, attention + shape.pixels, value);
  const T total = value * static_cast<T>(shape.pixels);
  for (std::size_t c = 0; c < shape.channels && pe != nullptr; ++c) context[c] = total * pe[c];
}

/// Applies GC to X (i = 0) or H (i = 1) of time step t for a group. Attention, context and query go
/// to `rows`, the plain sums to `sums` [size, C], the block's output vectors to `w` [size, C].
template <class T>
void attend(const NeuronLayer<T>& layer, const AggregatorRows<T>& rows, Group group, std::size_t t,
            int i, const T* values, const Affine<T>& affine, const T* pe, T* sums, T* w) {
  const auto& shape = layer.shape;
  const auto row = t * shape.batch + group.first;
  const Key<T> key(layer.gc[i], shape.channels, affine, pe);
  for (std::size_t g = 0; g < group.size; ++g) {
    T* attention = rows.attention[i] + (row + g) * shape.pixels;
    T* context = rows.context[i] + (row + g) * shape.channels;
    if (i == 1 && t == 0) {
      pool_zeros(shape, key, pe, attention, context);
    } else {
      pool(shape, key, values + g * shape.pixels * shape.channels, affine, pe, attention, context,
           sums + g * shape.channels);
    }
  }
  gc_forward(layer.gc[i], group.size, {layer.gc_reduced, shape.channels},
             rows.context[i] + row * shape.channels, rows.query[i] + row * layer.gc_reduced, w);
}

/// Computes gates and offsets of one time step for a group, from X and H [size, HW, C]; `affine`
/// belongs to X.
template <class T>
void aggregate(const NeuronLayer<T>& layer, const AggregatorRows<T>& rows, Group group,
               std::size_t t, const T* x, const Affine<T>& affine, const T* h) {
  const auto channels = layer.shape.channels;
  const auto slab = layer.shape.pixels * channels;
  const auto row = t * layer.shape.batch + group.first;
  const T* encodings[2] = {at_step(layer.pe_x, t, channels), at_step(layer.pe_h, t, channels)};
  std::vector<T> sums(2 * group.size * channels, T(0));
  std::vector<T> w[2];
  for (int i = 0; i < 2; ++i) {
    const T* values = i == 0 ? x : h;
    const auto stands_for = i == 0 ? affine : Affine<T>();
    T* sum = sums.data() + i * group.size * channels;
    w[i].assign(group.size * channels, T(0));
    if (layer.gc_reduced > 0) {
      attend(layer, rows, group, t, i, values, stands_for, encodings[i], sum, w[i].data());
    } else if (layer.sa_reduced > 0 && (i == 0 || t > 0)) {
      for (std::size_t g = 0; g < group.size; ++g) {
        add_plain(values + g * slab, channels, layer.shape.pixels, sum + g * channels);
        apply(stands_for, channels, static_cast<T>(layer.shape.pixels), sum + g * channels);
      }
    }
  }
  const T* tables[3] = {encodings[0], encodings[1], at_step(layer.pe_u, t, channels)};
  T* offset = rows.offset + row * channels;
  T* gate = rows.gate + row * channels;
  for (std::size_t i = 0; i < group.size * channels; ++i) {
    offset[i] = w[0][i] + w[1][i];
    for (const T* table : tables) {
      if (table != nullptr) offset[i] += table[i % channels];
    }
  }
  if (layer.sa_reduced == 0) {
    std::fill(gate, gate + group.size * channels, layer.sa_gain / 2);
    return;
  }
  // mean(U) needs no pass over U: it follows from the means of X and H.
  T* mean = rows.mean + row * channels;
  const T share = 1 / static_cast<T>(layer.shape.pixels);
  const T* of_h = sums.data() + group.size * channels;
  for (std::size_t i = 0; i < group.size * channels; ++i) {
    mean[i] = (sums[i] + of_h[i]) * share + offset[i];
  }
  sa_forward(layer.sa, {layer.sa_alpha, layer.sa_gain}, group.size, {layer.sa_reduced, channels},
             mean, rows.hidden + row * layer.sa_reduced, gate);
}

/// The update of one sample and time step, for X or for values that stand for it. The result may
/// point into `memory` [2, C].
template <class T>
Update<T> update_of(const NeuronLayer<T>& layer, const AggregatorRows<T>& rows, std::size_t t,
                    std::size_t row, const Affine<T>& affine, T* memory) {
  const auto channels = layer.shape.channels;
  Update<T> update{layer.decay, layer.gain, layer.offset};
  if (aggregates(layer, t)) {
    const T* gate = rows.gate + row * channels;
    const T* offset = rows.offset + row * channels;
    for (std::size_t c = 0; c < channels; ++c) memory[c] = gate[c] * offset[c];
    update = {gate, gate, memory};
  }
  if (affine.scale == nullptr) return update;
  T* gain = memory + channels;
  for (std::size_t c = 0; c < channels; ++c) {
    memory[c] = update.gain[c] * affine.shift[c] + update.offset[c];
    gain[c] = update.gain[c] * affine.scale[c];
  }
  return {update.decay, gain, memory};
}

/// The scale and shift of the input if it is a single term whose elements have the type of the
/// arithmetic; otherwise none.
template <class S>
Affine<Compute<S>> affine_of(const NeuronInput<S>& input) {
  const auto& term = input.terms[0];
  if (!std::is_same_v<S, Compute<S>> || input.count > 1 || term.shift == nullptr) return {};
  return {term.scale, term.shift};
}

/// The input X of a group, step by step. A single sequence is read in place; otherwise X is
/// composed of its terms in separate memory.
template <class S>
class Inputs {
 public:
  using T = Compute<S>;

  /// With `kept`, all composed time steps stay in memory, because the backward pass reads them
  /// again. Then X is also composed from values that only stand for it.
  Inputs(const NeuronLayer<T>& layer, const NeuronInput<S>& input, Group group, bool kept)
      : shape_(layer.shape),
        input_(input),
        group_(group),
        slab_(shape_.pixels * shape_.channels),
        affine_(kept ? Affine<T>() : affine_of(input)),
        plain_(std::is_same_v<S, T> && input.count == 1 &&
               (input.terms[0].scale == nullptr || affine_.scale != nullptr)),
        kept_(kept && !input.constant()) {
    if (plain_) return;
    static thread_local Buffer<T> memory;
    composed_ = memory.need((kept_ ? shape_.steps : 1) * group.size * slab_);
    shift_.assign(shape_.channels, T(0));
    for (int i = 0; i < input.count; ++i) {
      const auto& term = input.terms[i];
      scale_[i].assign(shape_.channels, T(1));
      if (term.scale != nullptr) scale_[i].assign(term.scale, term.scale + shape_.channels);
      if (term.shift == nullptr) continue;
      for (std::size_t c = 0; c < shape_.channels; ++c) shift_[c] += term.shift[c];
    }
  }

  /// Composes time step t if necessary; the steps come in order.
  void prepare(std::size_t t) {
    if (plain_ || (input_.constant() && t > 0)) return;
    if (input_.spikes != nullptr) {
      compose_with(t, unpacked(t));
    } else {
      compose_with(t, input_.count > 1 ? term(1, t, 0) : static_cast<const S*>(nullptr));
    }
  }

  /// The scale and shift of the values that operator() returns.
  const Affine<T>& affine() const { return affine_; }

  /// The values [HW, C] of a sample of the group in time step t, which has been prepared.
  const T* operator()(std::size_t t, std::size_t g) const {
    if constexpr (std::is_same_v<S, T>) {
      if (plain_) return term(0, t, g);
    }
    return composed_ + at(t) + g * slab_;
  }

  /// The values of a term, [HW, C].
  const S* term(int i, std::size_t t, std::size_t g) const {
    const auto& term = input_.terms[i];
    return term.values + Place(shape_, term.constant ? 0 : t, group_.first + g).slab;
  }

 private:
  std::size_t at(std::size_t t) const { return kept_ ? t * group_.size * slab_ : 0; }

  template <class R>
  void compose_with(std::size_t t, const R* residual) {
    const T* scales[2] = {scale_[0].data(), scale_[1].data()};
    compose(term(0, t, 0), residual, scales, shift_.data(), shape_.channels,
            group_.size * shape_.pixels, composed_ + at(t));
  }

  /// The residual's spikes of time step t, as values.
  const T* unpacked(std::size_t t) {
    static thread_local Buffer<T> memory;
    memory.need(group_.size * slab_);
    const auto words = spike_words(slab_);
    const auto* bits = input_.spikes + Place(shape_, t, group_.first).row * words;
    for (std::size_t g = 0; g < group_.size; ++g) {
      unpack(bits + g * words, slab_, memory.data() + g * slab_);
    }
    return memory.data();
  }

  const NeuronShape& shape_;
  const NeuronInput<S>& input_;
  Group group_;
  std::size_t slab_;
  Affine<T> affine_;
  bool plain_;
  bool kept_;
  T* composed_ = nullptr;
  std::vector<T> scale_[2];
  std::vector<T> shift_;
};

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
