#include "staa/kernels/neuron/neuron.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/neuron/neuron_backward.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/neuron/steps-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// The backward pass of one group: it recomputes the membranes of all time steps, then goes through
/// the steps in reverse.
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
    dh_ = start(carried);
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
    if (out_.initial != nullptr && layer_.state.before_reset) through_first_reset();
  }

 private:
  /// Returns dH after the last time step. It is in the memory of the initial membrane's gradient if
  /// that is wanted, otherwise in `memory`.
  T* start(Buffer<T>& memory) {
    const auto size = group_.size * slab_;
    const auto place = group_.first * slab_;
    if (out_.initial == nullptr && out_.last == nullptr) return memory.zeroed(size);
    T* dh = out_.initial == nullptr ? memory.need(size) : out_.initial + place;
    if (out_.last == nullptr) {
      std::fill_n(dh, size, T(0));
    } else {
      std::copy_n(out_.last + place, size, dh);
    }
    return dh;
  }

  bool has_initial() const { return layer_.state.initial != nullptr; }

  /// Goes from dH to dV through the reset of an initial membrane that is V. It has no spikes in
  /// this call.
  void through_first_reset() {
    const std::vector<S> none(block_ * channels_);
    const auto kind = reset_of_initial(layer_);
    const Update<T> update{layer_.decay, layer_.gain, layer_.offset};
    for (std::size_t g = 0; g < group_.size; ++g) {
      for_blocks([&](std::size_t p, std::size_t count) {
        const auto i = g * slab_ + p * channels_;
        const T* v = layer_.state.initial + group_.first * slab_ + i;
        const BlockGradients<T, S> block{v, v, kind, v, kind, none.data(), dh_ + i, nullptr};
        fire_backward<true>(layer_, update, count, block,
                            static_cast<const MembraneSums<T>*>(nullptr));
      });
    }
  }

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

  /// V of the time step before t. For t = 0 it is the initial membrane or, if there is none, any
  /// memory of that size.
  const T* before(std::size_t t, std::size_t g, std::size_t p) {
    if (t == 0 && has_initial()) {
      return layer_.state.initial + (group_.first + g) * slab_ + p * channels_;
    }
    return membrane_at(t == 0 ? 0 : t - 1, g) + p * channels_;
  }

  /// The reset that applies to before(t).
  ResetKind reset_before(std::size_t t) const {
    return t == 0 ? reset_of_initial(layer_) : reset_behind(layer_, t - 1);
  }

  /// Recomputes the membrane with the arithmetic of the forward pass, so that the same neurons
  /// fire.
  void charge_again(std::size_t t, std::size_t g) {
    const Place place(layer_.shape, t, group_.first + g);
    const auto update = update_of(layer_, rows_, t, place.row, affine_, scaled_.data());
    for_blocks([&](std::size_t p, std::size_t count) {
      const T* x = current(t, g) + p * channels_;
      T* v = membrane_at(t, g) + p * channels_;
      if (t == 0 && !has_initial()) {
        charge<true>(layer_, update, ResetKind::kNone, count, x, x, v);
      } else {
        charge<false>(layer_, update, reset_before(t), count, x, before(t, g, p), v);
      }
    });
  }

  /// The memory where dX of a block is written before keep_dx().
  T* dx_block(const Place& place, std::size_t p) {
    if constexpr (std::is_same_v<S, T>) {
      if (!constant_) return out_.x + place.slab + p * channels_;
    }
    return dx_.data();
  }

  /// Passes dX of a block on to the gradients that are wanted.
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

  /// Turns the block's dh into dV. If `dx` is not null, continues to dX and to dH before the step.
  void block_to_dv(const Update<T>& update, std::size_t t, std::size_t g, const Place& place,
                   std::size_t p, std::size_t count, const MembraneSums<T>* sums, T* dx) {
    const auto i = p * channels_;
    const BlockGradients<T, S> block{x_(t, g) + i,
                                     before(t, g, p),
                                     reset_before(t),
                                     membrane_at(t, g) + i,
                                     reset_behind(layer_, t),
                                     ds_ + place.slab + i,
                                     dh_ + g * slab_ + i,
                                     dx};
    if (t == 0 && !has_initial()) {
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
    std::vector<T> spread(n * channels_, T(0));  // gradient of mean(U), later per pixel
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

  /// Computes dX and dH of one sample from dV and the gradients of the pooled values.
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
    // Before the first time step, H is 0 and needs no gradient, but its encoding does.
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
      const T attention = rows_.attention[1][place.row * pixels_];  // the same for every pixel
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
  Affine<T> affine_;  // of the values that the forward pass read instead of X
  const AggregatorRows<T>& rows_;
  const S* ds_;
  const NeuronGradients<S>& out_;
  Group group_;
  std::size_t channels_;
  std::size_t pixels_;
  std::size_t slab_;
  std::size_t block_;
  std::vector<T> scaled_;
  Buffer<T> dx_;  // of a block, if it is not written in place
  std::vector<T> sums_;
  T* v_ = nullptr;
  T* dh_ = nullptr;
  T* total_ = nullptr;  // sum of dX over the time steps
};

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                               \
  void backward_##name(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,    \
                       const AggregatorRows<Compute<S>>& rows, const S* ds,                  \
                       const NeuronGradients<S>& out, SampleRange samples) {                 \
    for_groups(layer, layer.shape.steps + 3, samples,                                        \
               [&](Group group) { Backward<S>(layer, input, rows, ds, out, group).run(); }); \
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

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                            \
  HWY_EXPORT(backward_##name);                                                            \
  void neuron_backward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input, \
                       const AggregatorRows<Compute<S>>& rows, const S* spike_gradients,  \
                       const NeuronGradients<S>& gradients, SampleRange samples) {        \
    HWY_DYNAMIC_DISPATCH(backward_##name)                                                 \
    (layer, input, rows, spike_gradients, gradients, samples);                            \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels
#endif
