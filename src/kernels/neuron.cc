#include "staa/kernels/neuron.h"

#include "staa/kernels/buffer.h"
#include "staa/kernels/cache.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/neuron.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>

#include <vector>

#include "staa/kernels/aggregator-inl.h"
#include "staa/kernels/membrane-inl.h"
#include "staa/kernels/spikes-inl.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Some samples taken through all steps together. As few as can be, so that their slabs stay in the
/// second-level cache; but where the weights of GC and SA are larger than a slab, enough that these
/// are not read again for every sample.
struct Group {
  std::size_t first;
  std::size_t size;
};

/// `slabs`: how many slabs of a sample are in use at once.
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

/// Offsets into the tensors of a layer.
struct Place {
  Place(const NeuronShape& shape, std::size_t t, std::size_t sample)
      : row(t * shape.batch + sample), slab(row * shape.pixels * shape.channels) {}
  std::size_t row;
  std::size_t slab;
};

/// What values stand for: scale * values + shift, a value a channel each; null: the values.
template <class T>
struct Affine {
  const T* scale = nullptr;
  const T* shift = nullptr;
};

/// Sums over `count` values of a channel, corrected for what the values stand for.
template <class T>
void apply(const Affine<T>& affine, std::size_t channels, T count, T* sums) {
  if (affine.scale == nullptr) return;
  for (std::size_t c = 0; c < channels; ++c) {
    sums[c] = affine.scale[c] * sums[c] + affine.shift[c] * count;
  }
}

/// GC's key for values that stand for something else, and beneath an encoding: the same for all
/// samples of a step.
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

/// Eq. 7 and the plain sum of one slab: attention [HW]; context and sum [C], 0 before.
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

/// As pool(), of a slab of zeros: H before the first step.
template <class T>
void pool_zeros(const NeuronShape& shape, const Key<T>& key, const T* pe, T* attention,
                T* context) {
  T value = 0;
  sigmoid_in_place(&value, 1, key.bias);
  std::fill(attention, attention + shape.pixels, value);
  const T total = value * static_cast<T>(shape.pixels);
  for (std::size_t c = 0; c < shape.channels && pe != nullptr; ++c) context[c] = total * pe[c];
}

/// GC on X (0) or H (1) of step t for a group: attention and context go to `rows`, the plain sums
/// to `sums` [size, C], the block's output vectors to `w` [size, C].
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

/// Gates and offsets of one step for a group, from X and H [size, HW, C]; `affine` is of X.
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

/// The update of one sample and step, on X or on the values that stand for it. `memory` [2, C] is
/// what it may point to.
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

/// What one term stands for, where it is all of X and of the arithmetic's own type.
template <class S>
Affine<Compute<S>> affine_of(const NeuronInput<S>& input) {
  const auto& term = input.terms[0];
  if (!std::is_same_v<S, Compute<S>> || input.count > 1 || term.shift == nullptr) return {};
  return {term.scale, term.shift};
}

/// The input X of a group, step by step: in place where it is one sequence, else composed of its
/// terms in memory of its own.
template <class S>
class Inputs {
 public:
  using T = Compute<S>;

  /// `kept`: the steps composed so far stay, as the backward pass needs them again; values that
  /// only stand for X are then composed as well.
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

  /// Composes step t; the steps come in order.
  void prepare(std::size_t t) {
    if (plain_ || (input_.constant() && t > 0)) return;
    if (input_.spikes != nullptr) {
      compose_with(t, unpacked(t));
    } else {
      compose_with(t, input_.count > 1 ? term(1, t, 0) : static_cast<const S*>(nullptr));
    }
  }

  /// What the values of operator() stand for.
  const Affine<T>& affine() const { return affine_; }

  /// X [HW, C] of a sample of the group, prepared before.
  const T* operator()(std::size_t t, std::size_t g) const {
    if constexpr (std::is_same_v<S, T>) {
      if (plain_) return term(0, t, g);
    }
    return composed_ + at(t) + g * slab_;
  }

  /// Values of a term.
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

  /// The residual's spikes of step t, as values.
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

template <class T, class S>
void forward_group(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
                   const AggregatorRows<T>& rows, const SpikeOutput<S>& spikes, Group group) {
  const auto& shape = layer.shape;
  const auto slab = shape.pixels * shape.channels;
  static thread_local Buffer<T> carried;
  T* h = carried.zeroed(group.size * slab);
  std::vector<T> update(2 * shape.channels);
  const auto words = spike_words(slab);
  const bool stream = shape.steps * shape.batch * slab * sizeof(S) > cache_bytes();
  Inputs<S> x(layer, input, group, /*kept=*/false);
  for (std::size_t t = 0; t < shape.steps; ++t) {
    const Place place(shape, t, group.first);
    x.prepare(t);
    if (aggregates(layer, t)) aggregate(layer, rows, group, t, x(t, 0), x.affine(), h);
    for (std::size_t g = 0; g < group.size; ++g) {
      const SlabSpikes<S> out{
          spikes.values + place.slab + g * slab,
          spikes.bits == nullptr ? nullptr : spikes.bits + (place.row + g) * words, stream};
      fire(layer, update_of(layer, rows, t, place.row + g, x.affine(), update.data()), x(t, g),
           h + g * slab, out);
    }
  }
}

/// The backward pass of one group: membranes of all steps, then the steps in reverse.
template <class S>
class Backward {
 public:
  using T = Compute<S>;

  Backward(const NeuronLayer<T>& layer, const NeuronInput<S>& input, const AggregatorRows<T>& rows,
           const S* ds, const NeuronGradients<S>& out, Group group)
      : layer_(layer),
        terms_(input.count),
        constant_(input.constant()),
        x_(layer, input, group, /*kept=*/true),
        affine_(affine_of(input)),
        rows_(rows),
        ds_(ds),
        out_(out),
        group_(group),
        channels_(layer.shape.channels),
        pixels_(layer.shape.pixels),
        slab_(channels_ * pixels_),
        block_(block_pixels(channels_)),
        scaled_(2 * channels_),
        dx_(constant_ || !std::is_same_v<S, T> ? block_ * channels_ : 0),
        sums_(3 * group.size * channels_) {}

  void run() {
    static thread_local Buffer<T> membranes;
    static thread_local Buffer<T> carried;
    static thread_local Buffer<T> total;
    if (constant_) total_ = total.zeroed(group_.size * slab_);
    v_ = membranes.need(layer_.shape.steps * group_.size * slab_);
    dh_ = carried.zeroed(group_.size * slab_);
    for (std::size_t t = 0; t < layer_.shape.steps; ++t) {
      x_.prepare(t);
      for (std::size_t g = 0; g < group_.size; ++g) charge_again(t, g);
    }
    for (std::size_t t = layer_.shape.steps; t-- > 0;) {
      std::fill(sums_.begin(), sums_.end(), T(0));
      if (aggregates(layer_, t)) {
        aggregated_step(t);
      } else {
        for (std::size_t g = 0; g < group_.size; ++g) plain_step(t, g);
      }
    }
    if (constant_) convert(total_, group_.size * slab_, out_.x + group_.first * slab_);
  }

 private:
  /// What the forward pass read: X, or the values that stand for it.
  const T* current(std::size_t t, std::size_t g) const {
    if constexpr (std::is_same_v<S, T>) {
      if (affine_.scale != nullptr) return x_.term(0, t, g);
    }
    return x_(t, g);
  }

  T* membrane_at(std::size_t t, std::size_t g) { return v_ + (t * group_.size + g) * slab_; }

  MembraneSums<T> sums(std::size_t g) {
    T* all = sums_.data() + g * channels_;
    const auto stride = group_.size * channels_;
    return {all, all + stride, all + 2 * stride};
  }

  template <class F>
  void for_blocks(const F& f) {
    for (std::size_t p = 0; p < pixels_; p += block_) f(p, std::min(block_, pixels_ - p));
  }

  /// V of the step before t, or, as there is none before the first, any memory of that size.
  const T* before(std::size_t t, std::size_t g, std::size_t p) {
    return membrane_at(t == 0 ? 0 : t - 1, g) + p * channels_;
  }

  /// The membrane, by the arithmetic of the forward pass, so that the same neurons fire.
  void charge_again(std::size_t t, std::size_t g) {
    const Place place(layer_.shape, t, group_.first + g);
    const auto update = update_of(layer_, rows_, t, place.row, affine_, scaled_.data());
    for_blocks([&](std::size_t p, std::size_t count) {
      const T* x = current(t, g) + p * channels_;
      T* v = membrane_at(t, g) + p * channels_;
      if (t == 0) {
        charge<true>(layer_, update, count, x, x, v);
      } else {
        charge<false>(layer_, update, count, x, before(t, g, p), v);
      }
    });
  }

  /// Where dX of a block is to be written before keep_dx.
  T* dx_block(const Place& place, std::size_t p) {
    if constexpr (std::is_same_v<S, T>) {
      if (!constant_) return out_.x + place.slab + p * channels_;
    }
    return dx_.data();
  }

  /// Takes dX of a block into what is asked of it.
  void keep_dx(std::size_t t, std::size_t g, const Place& place, std::size_t p, std::size_t count) {
    const auto i = p * channels_;
    const T* dx = dx_block(place, p);
    const auto of_sample = group_.first + g;
    if (constant_) {
      add_to(dx, count * channels_, total_ + g * slab_ + i);
    } else if constexpr (!std::is_same_v<S, T>) {
      convert(dx, count * channels_, out_.x + place.slab + i);
    }
    if (out_.shift == nullptr) return;
    const auto row = of_sample * channels_;
    add_plain(dx, channels_, count, out_.shift + row);
    for (int k = 0; k < terms_; ++k) {
      if (out_.scale[k] == nullptr) continue;
      add_products(dx, x_.term(k, t, g) + i, out_.center[k], channels_, count, out_.scale[k] + row);
    }
  }

  /// The block's dh becomes dV, or, with dx, on to dH before the step and dX.
  void block_to_dv(const Update<T>& update, std::size_t t, std::size_t g, const Place& place,
                   std::size_t p, std::size_t count, const MembraneSums<T>* sums, T* dx) {
    const auto i = p * channels_;
    const BlockGradients<T, S> block{x_(t, g) + i,          before(t, g, p),
                                     membrane_at(t, g) + i, ds_ + place.slab + i,
                                     dh_ + g * slab_ + i,   dx};
    if (t == 0) {
      fire_backward<true>(layer_, update, count, block, sums);
    } else {
      fire_backward<false>(layer_, update, count, block, sums);
    }
  }

  void plain_step(std::size_t t, std::size_t g) {
    const Place place(layer_.shape, t, group_.first + g);
    const auto update = update_of(layer_, rows_, t, place.row, {}, scaled_.data());
    const bool learns = out_.decay != nullptr;
    const auto of_update = sums(g);
    for_blocks([&](std::size_t p, std::size_t count) {
      T* dx = dx_block(place, p);
      block_to_dv(update, t, g, place, p, count, learns ? &of_update : nullptr,
                  learns ? nullptr : dx);
      if (learns) {
        charge_backward(update, static_cast<const T*>(nullptr), channels_, count,
                        dh_ + g * slab_ + p * channels_, dx);
      }
      keep_dx(t, g, place, p, count);
    });
    if (!learns) return;
    const auto of_sample = (group_.first + g) * channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      out_.decay[of_sample + c] += of_update.h[c];
      out_.gain[of_sample + c] += of_update.x[c];
    }
  }

  void aggregated_step(std::size_t t) {
    const auto n = group_.size;
    const Place place(layer_.shape, t, group_.first);
    for (std::size_t g = 0; g < n; ++g) {
      const Place own(layer_.shape, t, group_.first + g);
      const auto update = update_of(layer_, rows_, t, own.row, {}, scaled_.data());
      const auto of_update = sums(g);
      for_blocks([&](std::size_t p, std::size_t count) {
        block_to_dv(update, t, g, own, p, count, &of_update, nullptr);
      });
    }
    const auto row = place.row * channels_;
    const T* gate = rows_.gate + row;
    T* doffset = out_.offset + row;
    std::vector<T> spread(n * channels_, T(0));  // of mean(U), over the pixels
    if (layer_.sa_reduced > 0) {
      T* dgate = out_.expand + row;
      const auto all = sums(0);
      for (std::size_t i = 0; i < n * channels_; ++i) {
        dgate[i] = all.x[i] + all.h[i] + rows_.offset[row + i] * all.plain[i];
      }
      const auto hidden = place.row * layer_.sa_reduced;
      sa_backward(layer_.sa, {layer_.sa_alpha, layer_.sa_gain}, n, {layer_.sa_reduced, channels_},
                  rows_.hidden + hidden, gate, dgate, out_.hidden + hidden, spread.data());
    }
    for (std::size_t i = 0; i < n * channels_; ++i) {
      doffset[i] = gate[i] * sums(0).plain[i] + spread[i];
      spread[i] /= static_cast<T>(pixels_);
    }
    std::vector<T> dcontext[2];
    if (layer_.gc_reduced > 0) {
      for (int i = 0; i < 2; ++i) {
        const auto reduced = place.row * layer_.gc_reduced;
        dcontext[i].resize(n * channels_);
        gc_backward(layer_.gc[i], n, {layer_.gc_reduced, channels_}, rows_.query[i] + reduced,
                    doffset, out_.norm[i] + reduced, out_.query[i] + reduced, dcontext[i].data());
      }
    }
    for (std::size_t g = 0; g < n; ++g) {
      const auto c = g * channels_;
      spread_step(t, g, spread.data() + c,
                  {dcontext[0].empty() ? nullptr : dcontext[0].data() + c,
                   dcontext[1].empty() ? nullptr : dcontext[1].data() + c});
    }
  }

  struct Contexts {
    const T* of[2];
  };

  /// From dV and the gradients of the pooled values to dX and dH of one sample.
  void spread_step(std::size_t t, std::size_t g, const T* spread, const Contexts& dcontext) {
    const Place place(layer_.shape, t, group_.first + g);
    const T* gate = rows_.gate + place.row * channels_;
    const Update<T> update{gate, gate, nullptr};
    const bool gc = layer_.gc_reduced > 0;
    const T* encodings[2] = {at_step(layer_.pe_x, t, channels_),
                             at_step(layer_.pe_h, t, channels_)};
    T of_encoding[2] = {0, 0};
    for (int i = 0; i < 2 && gc; ++i) {
      if (encodings[i] != nullptr)
        dots(encodings[i], dcontext.of[i], channels_, 1, &of_encoding[i]);
    }
    // H before the first step is 0 and learns nothing; its encoding does.
    const int attended = !gc ? 0 : t == 0 ? 1 : 2;
    T total_attention[2] = {0, 0};
    T total_dlogit[2] = {0, 0};
    for_blocks([&](std::size_t p, std::size_t count) {
      const auto at = p * channels_;
      T* dx = dx_block(place, p);
      T* dh = dh_ + g * slab_ + at;
      charge_backward(update, spread, channels_, count, dh, dx);
      const auto attend = [&](int i, const auto& input, T* gradients) {
        const T* attention = rows_.attention[i] + place.row * pixels_ + p;
        T dlogit[kMaxBlockPixels];
        dots_from(input, dcontext.of[i], channels_, count, dlogit);
        for (std::size_t j = 0; j < count; ++j) {
          dlogit[j] = (dlogit[j] + of_encoding[i]) * attention[j] * (1 - attention[j]);
          total_attention[i] += attention[j];
          total_dlogit[i] += dlogit[j];
        }
        attend_backward(channels_, count, input, attention, dlogit, dcontext.of[i],
                        layer_.gc[i].key, gradients, out_.key[i] + (group_.first + g) * channels_);
      };
      if (attended > 0) attend(0, Stored<T>{x_(t, g) + at}, dx);
      if (attended > 1) {
        attend(1, CarriedFrom<T>{before(t, g, p), layer_.threshold, layer_.reset}, dh);
      }
      keep_dx(t, g, place, p, count);
    });
    if (attended == 1) {
      const T attention = rows_.attention[1][place.row * pixels_];  // of every pixel
      total_attention[1] = attention * static_cast<T>(pixels_);
      total_dlogit[1] = of_encoding[1] * (1 - attention) * total_attention[1];
    }
    T* dpe[2] = {out_.pe_x, out_.pe_h};
    for (int i = 0; i < 2; ++i) {
      if (gc) out_.key_bias[i][group_.first + g] += total_dlogit[i];
      if (encodings[i] == nullptr) continue;
      for (std::size_t c = 0; c < channels_; ++c) {
        T value = out_.offset[place.row * channels_ + c];
        if (gc) {
          value += total_attention[i] * dcontext.of[i][c] + total_dlogit[i] * layer_.gc[i].key[c];
          out_.key[i][(group_.first + g) * channels_ + c] += total_dlogit[i] * encodings[i][c];
        }
        if (dpe[i] != nullptr) dpe[i][place.row * channels_ + c] = value;
      }
    }
  }

  const NeuronLayer<T>& layer_;
  int terms_;
  bool constant_;
  Inputs<S> x_;
  Affine<T> affine_;  // of values that the forward pass read in place of X
  const AggregatorRows<T>& rows_;
  const S* ds_;
  const NeuronGradients<S>& out_;
  Group group_;
  std::size_t channels_;
  std::size_t pixels_;
  std::size_t slab_;
  std::size_t block_;
  std::vector<T> scaled_;
  Buffer<T> dx_;  // of a block, where it is not written in place
  std::vector<T> sums_;
  T* v_ = nullptr;
  T* dh_ = nullptr;
  T* total_ = nullptr;  // of dX over the steps
};

template <class T, class S>
void forward(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
             const AggregatorRows<T>& rows, const SpikeOutput<S>& spikes, SampleRange samples) {
  for_groups<T>(layer, 4, samples,
                [&](Group group) { forward_group(layer, input, rows, spikes, group); });
  hwy::FlushStream();
}

template <class T, class S>
void backward(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
              const AggregatorRows<T>& rows, const S* ds, const NeuronGradients<S>& out,
              SampleRange samples) {
  for_groups<T>(layer, layer.shape.steps + 3, samples,
                [&](Group group) { Backward<S>(layer, input, rows, ds, out, group).run(); });
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in them
#define STAA_FOR_TYPE(S, name)                                                              \
  void forward_##name(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,    \
                      const AggregatorRows<Compute<S>>& rows, const SpikeOutput<S>& spikes, \
                      SampleRange samples) {                                                \
    forward(layer, input, rows, spikes, samples);                                           \
  }                                                                                         \
  void backward_##name(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,   \
                       const AggregatorRows<Compute<S>>& rows, const S* ds,                 \
                       const NeuronGradients<S>& out, SampleRange samples) {                \
    backward(layer, input, rows, ds, out, samples);                                         \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in them
#define STAA_FOR_TYPE(S, name)                                                              \
  HWY_EXPORT(forward_##name);                                                               \
  HWY_EXPORT(backward_##name);                                                              \
  void neuron_forward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,    \
                      const AggregatorRows<Compute<S>>& rows, const SpikeOutput<S>& spikes, \
                      SampleRange samples) {                                                \
    HWY_DYNAMIC_DISPATCH(forward_##name)(layer, input, rows, spikes, samples);              \
  }                                                                                         \
  void neuron_backward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,   \
                       const AggregatorRows<Compute<S>>& rows, const S* spike_gradients,    \
                       const NeuronGradients<S>& gradients, SampleRange samples) {          \
    HWY_DYNAMIC_DISPATCH(backward_##name)                                                   \
    (layer, input, rows, spike_gradients, gradients, samples);                              \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels
#endif
