// The membrane, its threshold and its reset on blocks of pixels. Compiled once per target.
#if defined(STAA_KERNELS_MEMBRANE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef STAA_KERNELS_MEMBRANE_INL_H_
#undef STAA_KERNELS_MEMBRANE_INL_H_
#else
#define STAA_KERNELS_MEMBRANE_INL_H_
#endif

#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/spikes-inl.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// V = decay * H + gain * X + offset, with one value of each factor per channel.
template <class T>
struct Update {
  const T* decay;
  const T* gain;
  const T* offset;
};

template <class V>
HWY_INLINE V membrane(V decay, V gain, V offset, V h, V x) {
  return hn::MulAdd(decay, h, hn::MulAdd(gain, x, offset));
}

/// dS/dV at x = V - v_th; see Surrogate.
template <Surrogate kShape, class D, class V>
HWY_INLINE V surrogate(D d, V x, hn::TFromD<D> width) {
  using T = hn::TFromD<D>;
  const V peak = hn::Set(d, 1 / width);
  const V one = hn::Set(d, T(1));
  if constexpr (kShape == Surrogate::kRectangle) {
    return hn::IfThenElseZero(hn::Lt(hn::Abs(x), hn::Set(d, width / 2)), peak);
  } else if constexpr (kShape == Surrogate::kTriangle) {
    return hn::Mul(hn::Max(hn::NegMulAdd(hn::Abs(x), peak, one), hn::Zero(d)), peak);
  } else if constexpr (kShape == Surrogate::kSigmoid) {
    const V s = sigmoid(d, hn::Mul(x, hn::Set(d, 4 / width)));
    return hn::Mul(hn::Mul(s, hn::Sub(one, s)), hn::Set(d, 4 / width));
  } else if constexpr (kShape == Surrogate::kFastSigmoid) {
    const V root = hn::MulAdd(hn::Abs(x), hn::Set(d, 2 / width), one);
    return hn::Div(peak, hn::Mul(root, root));
  } else {
    const V scaled = hn::Mul(x, hn::Set(d, static_cast<T>(3.14159265358979323846) / width));
    return hn::Div(peak, hn::MulAdd(scaled, scaled, one));
  }
}

/// X = scale[0] * main + scale[1] * residual + shift on rows of channels; residual may be null.
template <class T, class S, class R>
void compose(const S* main, const R* residual, const T* const (&scales)[2], const T* shift,
             std::size_t channels, std::size_t rows, T* HWY_RESTRICT x) {
  const auto block = block_pixels(channels);
  for (std::size_t first = 0; first < rows; first += block) {
    const auto begin = first * channels;
    const auto end = std::min(first + block, rows) * channels;
    for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto a = hn::LoadU(d, scales[0] + c);
      const auto offset = hn::LoadU(d, shift + c);
      if (residual == nullptr) {
        for (std::size_t i = begin + c; i < end; i += channels) {
          hn::StoreU(hn::MulAdd(a, load(d, main + i), offset), d, x + i);
        }
        return;
      }
      const auto b = hn::LoadU(d, scales[1] + c);
      for (std::size_t i = begin + c; i < end; i += channels) {
        const auto one = hn::MulAdd(a, load(d, main + i), offset);
        hn::StoreU(hn::MulAdd(b, load(d, residual + i), one), d, x + i);
      }
    });
  }
}

/// The reset after time step t. If the layer's state is V, the last step has none.
template <class T>
ResetKind reset_behind(const NeuronLayer<T>& layer, std::size_t t) {
  const bool last = t + 1 == layer.shape.steps;
  return last && layer.state.before_reset ? ResetKind::kNone : layer.reset_kind;
}

/// The reset between the initial membrane and the first time step.
template <class T>
ResetKind reset_of_initial(const NeuronLayer<T>& layer) {
  return layer.state.before_reset ? layer.reset_kind : ResetKind::kNone;
}

/// Returns H from V and the lanes that fired.
template <class D, class V, class M>
HWY_INLINE V reset_where(D d, M fired, V v, V reset, ResetKind kind) {
  if (kind == ResetKind::kToValue) return hn::IfThenElse(fired, reset, v);
  if (kind == ResetKind::kSubtract) return hn::Sub(v, hn::IfThenElseZero(fired, reset));
  return v;
}

/// Where the spikes of a slab are written. `bits` may be null.
template <class S>
struct SlabSpikes {
  S* values;
  std::uint64_t* bits;
  bool stream;      ///< write past the caches, which cannot hold the whole output
  ResetKind reset;  ///< the reset after the time step
};

/// One time step on a slab [HW, C]: reads x and h, writes the spikes and the next h.
template <bool kStream, bool kBits, bool kRelu = false, class T, class S>
void fire_as(const NeuronLayer<T>& layer, const Update<T>& update, const T* HWY_RESTRICT x,
             T* HWY_RESTRICT h, const SlabSpikes<S>& spikes) {
  const auto channels = layer.shape.channels;
  auto* HWY_RESTRICT bytes = reinterpret_cast<std::uint8_t*>(spikes.bits);
  const auto kind = spikes.reset;
  const auto step = [&](auto d, std::size_t i, auto decay, auto gain, auto offset) HWY_ATTR {
    const auto v = membrane(decay, gain, offset, hn::LoadU(d, h + i), hn::LoadU(d, x + i));
    const auto fired = hn::Ge(v, hn::Set(d, layer.threshold));
    const auto spike = kRelu ? hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v)
                             : hn::IfThenElseZero(fired, hn::Set(d, T(1)));
    if constexpr (kStream) {
      hn::Stream(spike, d, spikes.values + i);
    } else {
      store(spike, d, spikes.values + i);
    }
    if constexpr (kBits) hn::StoreMaskBits(d, fired, bytes + i / 8);
    hn::StoreU(reset_where(d, fired, v, hn::Set(d, layer.reset), kind), d, h + i);
  };
  // With few channels, the update stays in registers over a block of pixels. With many, it is
  // better to access memory in order.
  constexpr std::size_t kFew = 64;
  const auto block = channels > kFew ? 1 : block_pixels(channels);
  for (std::size_t first = 0; first < layer.shape.pixels; first += block) {
    const auto pixels = std::min(block, layer.shape.pixels - first);
    for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto decay = hn::LoadU(d, update.decay + c);
      const auto gain = hn::LoadU(d, update.gain + c);
      const auto offset = hn::LoadU(d, update.offset + c);
      for (std::size_t p = 0; p < pixels; ++p) {
        step(d, (first + p) * channels + c, decay, gain, offset);
      }
    });
  }
}

template <class T, class S>
void fire(const NeuronLayer<T>& layer, const Update<T>& update, const T* HWY_RESTRICT x,
          T* HWY_RESTRICT h, const SlabSpikes<S>& spikes) {
  if (layer.relu) return fire_as<false, false, true>(layer, update, x, h, spikes);
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const auto slab = layer.shape.pixels * layer.shape.channels;
  if constexpr (kLanes >= 8) {
    // The bits of every vector are whole bytes, which follow one another.
    if (spikes.bits != nullptr && layer.shape.channels % kLanes == 0) {
      spikes.bits[spike_words(slab) - 1] = 0;  // clears the bits after the last spike
      if constexpr (std::is_same_v<S, T>) {
        const auto place = reinterpret_cast<std::uintptr_t>(spikes.values);
        if (spikes.stream && place % (kLanes * sizeof(T)) == 0) {
          return fire_as<true, true>(layer, update, x, h, spikes);
        }
      }
      return fire_as<false, true>(layer, update, x, h, spikes);
    }
  }
  fire_as<false, false>(layer, update, x, h, spikes);
  if (spikes.bits != nullptr) pack(spikes.values, slab, spikes.bits);
}

/// H after the membrane v, which is reset where it fired. With kFirst there is no earlier step, and
/// H is 0.
template <bool kFirst, class D, class V>
HWY_INLINE V carried(D d, V v, V threshold, V reset, ResetKind kind = ResetKind::kToValue) {
  if constexpr (kFirst) return hn::Zero(d);
  return reset_where(d, hn::Ge(v, threshold), v, reset, kind);
}

/// Replaces the membranes of a slab by H.
template <class T>
void reset_all(const NeuronLayer<T>& layer, ResetKind kind, T* HWY_RESTRICT h) {
  const auto size = layer.shape.pixels * layer.shape.channels;
  if (kind == ResetKind::kNone) return;
  for_channels<T>(size, [&](auto d, std::size_t i) HWY_ATTR {
    const auto threshold = hn::Set(d, layer.threshold);
    const auto h_i =
        carried<false>(d, hn::LoadU(d, h + i), threshold, hn::Set(d, layer.reset), kind);
    hn::StoreU(h_i, d, h + i);
  });
}

/// A reader (vectors-inl.h) of H after the time step whose membrane is v.
template <class T>
struct CarriedFrom {
  const T* HWY_RESTRICT v;
  T threshold;
  T reset;

  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, std::size_t i) const {
    return carried<false>(d, hn::LoadU(d, v + i), hn::Set(d, threshold), hn::Set(d, reset));
  }
};

/// Computes V of a block from X and the membrane before, to which the reset `kind` applies.
template <bool kFirst, class T>
void charge(const NeuronLayer<T>& layer, const Update<T>& update, ResetKind kind,
            std::size_t pixels, const T* HWY_RESTRICT x, const T* HWY_RESTRICT before,
            T* HWY_RESTRICT v) {
  const auto channels = layer.shape.channels;
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto threshold = hn::Set(d, layer.threshold);
    const auto reset = hn::Set(d, layer.reset);
    const auto decay = hn::LoadU(d, update.decay + c);
    const auto gain = hn::LoadU(d, update.gain + c);
    const auto offset = hn::LoadU(d, update.offset + c);
    for (std::size_t i = c; i < pixels * channels; i += channels) {
      const auto h = carried<kFirst>(d, hn::LoadU(d, before + i), threshold, reset, kind);
      hn::StoreU(membrane(decay, gain, offset, h, hn::LoadU(d, x + i)), d, v + i);
    }
  });
}

/// Sums over pixels of dV, dV * X and dV * H, with one value of each per channel.
template <class T>
struct MembraneSums {
  T* plain;
  T* x;
  T* h;
};

/// The memory for a block's backward pass through threshold, reset and update.
template <class T, class S>
struct BlockGradients {
  const T* x;
  const T* before;  ///< the membrane one step before; any readable memory if there is none
  ResetKind reset_before;
  const T* v;
  ResetKind reset;  ///< of v
  const S* ds;
  T* dh;  ///< of H after the step; becomes dV or, if dx is not null, of H before the step
  T* dx;  ///< null: the update's backward pass follows later
};

/// The backward pass through the threshold, with the surrogate, and through the reset of Eq. 3. If
/// block.dx is not null, it continues through the plain update: dX = gain * dV, dH = decay * dV.
/// With `sums`, which it adds to, it ends at dV.
template <Surrogate kShape, bool kFirst, bool kRelu = false, class T, class S>
void fire_backward_as(const NeuronLayer<T>& layer, const Update<T>& update, std::size_t pixels,
                      const BlockGradients<T, S>& block, const MembraneSums<T>* sums) {
  const auto channels = layer.shape.channels;
  const T* HWY_RESTRICT x = block.x;
  const T* HWY_RESTRICT before = block.before;
  const T* HWY_RESTRICT v = block.v;
  const S* HWY_RESTRICT ds = block.ds;
  T* HWY_RESTRICT dh = block.dh;
  T* HWY_RESTRICT dx = block.dx;
  const auto kind = block.reset;
  const auto kind_before = block.reset_before;
  const bool detach_reset = layer.detach_reset;
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto threshold = hn::Set(d, layer.threshold);
    const auto reset = hn::Set(d, layer.reset);
    const auto scale = hn::Set(d, layer.surrogate_scale);
    const auto dv_at = [&](std::size_t i) HWY_ATTR {
      const auto value = hn::LoadU(d, v + i);
      if constexpr (kRelu) {
        return hn::IfThenElseZero(hn::Gt(value, hn::Zero(d)), load(d, ds + i));
      }
      const auto dcarried = hn::LoadU(d, dh + i);
      auto dspike = load(d, ds + i);
      auto kept = dcarried;
      if (kind == ResetKind::kToValue) {
        if (!detach_reset) dspike = hn::MulAdd(dcarried, hn::Sub(reset, value), dspike);
        kept = hn::IfThenZeroElse(hn::Ge(value, threshold), dcarried);
      } else if (kind == ResetKind::kSubtract && !detach_reset) {
        dspike = hn::NegMulAdd(dcarried, reset, dspike);
      }
      const auto slope = surrogate<kShape>(d, hn::Sub(value, threshold), layer.surrogate_width);
      return hn::MulAdd(dspike, hn::Mul(scale, slope), kept);
    };
    const auto end = pixels * channels;
    if (sums == nullptr) {
      const auto decay = hn::LoadU(d, update.decay + c);
      const auto gain = hn::LoadU(d, update.gain + c);
      for (std::size_t i = c; i < end; i += channels) {
        const auto dv = dv_at(i);
        hn::StoreU(dx == nullptr ? dv : hn::Mul(decay, dv), d, dh + i);
        if (dx != nullptr) hn::StoreU(hn::Mul(gain, dv), d, dx + i);
      }
      return;
    }
    auto sum = hn::LoadU(d, sums->plain + c);
    auto sum_x = hn::LoadU(d, sums->x + c);
    auto sum_h = hn::LoadU(d, sums->h + c);
    for (std::size_t i = c; i < end; i += channels) {
      const auto dv = dv_at(i);
      hn::StoreU(dv, d, dh + i);
      sum = hn::Add(sum, dv);
      sum_x = hn::MulAdd(dv, hn::LoadU(d, x + i), sum_x);
      const auto h = carried<kFirst>(d, hn::LoadU(d, before + i), threshold, reset, kind_before);
      sum_h = hn::MulAdd(dv, h, sum_h);
    }
    hn::StoreU(sum, d, sums->plain + c);
    hn::StoreU(sum_x, d, sums->x + c);
    hn::StoreU(sum_h, d, sums->h + c);
  });
}

template <bool kFirst, class T, class S>
void fire_backward(const NeuronLayer<T>& layer, const Update<T>& update, std::size_t pixels,
                   const BlockGradients<T, S>& block, const MembraneSums<T>* sums) {
  if (layer.relu) {
    return fire_backward_as<Surrogate::kRectangle, kFirst, true>(layer, update, pixels, block,
                                                                 sums);
  }
  switch (layer.surrogate) {
    case Surrogate::kRectangle:
      return fire_backward_as<Surrogate::kRectangle, kFirst>(layer, update, pixels, block, sums);
    case Surrogate::kTriangle:
      return fire_backward_as<Surrogate::kTriangle, kFirst>(layer, update, pixels, block, sums);
    case Surrogate::kSigmoid:
      return fire_backward_as<Surrogate::kSigmoid, kFirst>(layer, update, pixels, block, sums);
    case Surrogate::kArctan:
      return fire_backward_as<Surrogate::kArctan, kFirst>(layer, update, pixels, block, sums);
    case Surrogate::kFastSigmoid:
      return fire_backward_as<Surrogate::kFastSigmoid, kFirst>(layer, update, pixels, block, sums);
  }
}

/// Computes dX and dH of a block from dV, which is in `dh`: dX = gain * dV + spread, dH = decay *
/// dV + spread. `spread` may be null.
template <class T>
void charge_backward(const Update<T>& update, const T* spread, std::size_t channels,
                     std::size_t pixels, T* HWY_RESTRICT dh, T* HWY_RESTRICT dx) {
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto decay = hn::LoadU(d, update.decay + c);
    const auto gain = hn::LoadU(d, update.gain + c);
    const auto even = spread == nullptr ? hn::Zero(d) : hn::LoadU(d, spread + c);
    for (std::size_t i = c; i < pixels * channels; i += channels) {
      const auto dv = hn::LoadU(d, dh + i);
      hn::StoreU(hn::MulAdd(gain, dv, even), d, dx + i);
      hn::StoreU(hn::MulAdd(decay, dv, even), d, dh + i);
    }
  });
}

/// Adds GC's part to the gradient of its input, which is X or H: values[p] += attention[p] *
/// dcontext + dlogit[p] * key; dkey += dlogit[p] * input[p].
template <class T, class Reader>
void attend_backward(std::size_t channels, std::size_t pixels, const Reader& input,
                     const T* HWY_RESTRICT attention, const T* HWY_RESTRICT dlogit,
                     const T* HWY_RESTRICT dcontext, const T* HWY_RESTRICT key,
                     T* HWY_RESTRICT values, T* HWY_RESTRICT dkey) {
  for_channels<T>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto weight = hn::LoadU(d, key + c);
    const auto context = hn::LoadU(d, dcontext + c);
    const auto step = [&](std::size_t p, auto sum) HWY_ATTR {
      const auto i = p * channels + c;
      const auto slope = hn::Set(d, dlogit[p]);
      auto value = hn::MulAdd(hn::Set(d, attention[p]), context, hn::LoadU(d, values + i));
      value = hn::MulAdd(slope, weight, value);
      hn::StoreU(value, d, values + i);
      return hn::MulAdd(slope, input.load(d, i), sum);
    };
    const auto sum = sum_in_four(hn::LoadU(d, dkey + c), pixels, hn::Zero(d), step);
    hn::StoreU(sum, d, dkey + c);
  });
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
