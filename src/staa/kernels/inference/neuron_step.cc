#include "staa/kernels/inference/neuron_step.h"

#include <optional>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/inference/neuron_step.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/neuron/aggregator-inl.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

constexpr std::size_t kStepsAtOnce = 4;

/// y [kStepsAtOnce, out] = x [kStepsAtOnce, in] W^T + bias. Reads the rows of W once; the result is
/// bit-identical to dots() on one x after another.
void multiply_four(const float* weight, const float* bias, const float* x, MatrixShape extent,
                   float* HWY_RESTRICT y) {
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<float>());
  constexpr std::size_t kRows = 4;
  const hn::ScalableTag<float> d;
  const auto out = extent.out;
  const auto in = extent.in;
  const auto together = in % kLanes == 0 ? out / kRows * kRows : 0;
  for (std::size_t o = 0; o < together; o += kRows) {
    hn::Vec<decltype(d)> sums[kStepsAtOnce][kRows];
    for (auto& row : sums) {
      for (auto& sum : row) sum = hn::Zero(d);
    }
    for (std::size_t c = 0; c < in; c += kLanes) {
      hn::Vec<decltype(d)> w[kRows];
      for (std::size_t r = 0; r < kRows; ++r) w[r] = hn::LoadU(d, weight + (o + r) * in + c);
      for (std::size_t n = 0; n < kStepsAtOnce; ++n) {
        const auto values = hn::LoadU(d, x + n * in + c);
        for (std::size_t r = 0; r < kRows; ++r) sums[n][r] = hn::MulAdd(w[r], values, sums[n][r]);
      }
    }
    for (std::size_t n = 0; n < kStepsAtOnce; ++n) {
      sums_of_four(d, sums[n][0], sums[n][1], sums[n][2], sums[n][3], y + n * out + o);
    }
  }
  for (std::size_t n = 0; n < kStepsAtOnce; ++n) {
    dots(weight + together * in, x + n * in, in, out - together, y + n * out + together);
    for (std::size_t o = 0; o < out; ++o) y[n * out + o] += bias[o];
  }
}

/// y [n, out] = x [n, in] W^T + bias.
void multiply_rows(const float* weight, const float* bias, const float* x, std::size_t n,
                   MatrixShape extent, float* HWY_RESTRICT y) {
  for (; n >= kStepsAtOnce; n -= kStepsAtOnce) {
    multiply_four(weight, bias, x, extent, y);
    x += kStepsAtOnce * extent.in;
    y += kStepsAtOnce * extent.out;
  }
  for (; n > 0; --n) {
    dots(weight, x, extent.in, extent.out, y);
    for (std::size_t o = 0; o < extent.out; ++o) y[o] += bias[o];
    x += extent.in;
    y += extent.out;
  }
}

/// y [columns] = sum over r of x[r] * W[r] + bias, for an x that comes from a ReLU: its zeros cost
/// nothing.
void multiply_active(const float* weight, const float* bias, const float* x, std::size_t rows,
                     std::size_t columns, std::vector<std::uint32_t>& active,
                     float* HWY_RESTRICT y) {
  constexpr std::size_t kVectors = 4;
  if (active.size() < rows) active.resize(rows);
  std::size_t count = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    active[count] = static_cast<std::uint32_t>(r);
    count += x[r] != 0 ? 1 : 0;
  }
  const std::uint32_t* HWY_RESTRICT which = active.data();
  const auto add_up = [&](auto d, auto vectors, std::size_t c) HWY_ATTR {
    constexpr std::size_t kWide = decltype(vectors)::value;
    const auto lanes = hn::MaxLanes(d);
    hn::Vec<decltype(d)> sums[kWide];
    for (std::size_t v = 0; v < kWide; ++v) sums[v] = hn::LoadU(d, bias + c + v * lanes);
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = hn::Set(d, x[which[i]]);
      const float* HWY_RESTRICT row = weight + which[i] * columns + c;
      for (std::size_t v = 0; v < kWide; ++v) {
        sums[v] = hn::MulAdd(value, hn::LoadU(d, row + v * lanes), sums[v]);
      }
    }
    for (std::size_t v = 0; v < kWide; ++v) hn::StoreU(sums[v], d, y + c + v * lanes);
  };
  const hn::ScalableTag<float> d;
  const auto wide = kVectors * hn::MaxLanes(d);
  std::size_t c = 0;
  for (; c + wide <= columns; c += wide) {
    add_up(d, std::integral_constant<std::size_t, kVectors>(), c);
  }
  for_channels<float>(columns - c, [&](auto narrow, std::size_t i) HWY_ATTR {
    add_up(narrow, std::integral_constant<std::size_t, 1>(), c + i);
  });
}

float sum_of(const float* values, std::size_t size) {
  float total = 0;
  for_channels<float>(size, [&](auto d, std::size_t i) HWY_ATTR {
    total += hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, values + i)));
  });
  return total;
}

/// The number of pixels that GC processes at once. They stay in the first-level cache, and are
/// enough for the long dependency chains of the sigmoids to overlap.
std::size_t pooled_pixels(std::size_t channels) {
  return std::clamp<std::size_t>(2048 / channels, 4, 128);
}

/// Sums over the pixels of a slab [HW, C], plain and weighted by GC's attention (Eq. 7). The slab
/// is added in parts.
class Pool {
 public:
  /// `pe` [C] may be null. `sum` and `context` [C] are written; `attention` is memory for
  /// pooled_pixels() numbers.
  Pool(const NeuronStep& layer, const GcWeights<float>& gc, const float* pe, float* sum,
       float* context, float* attention)
      : channels_(layer.channels),
        gc_(layer.gc_reduced > 0),
        key_(gc.key),
        pe_(pe),
        sum_(sum),
        context_(context),
        attention_(attention) {
    std::fill(sum, sum + channels_, 0.0F);
    if (!gc_) return;
    std::fill(context, context + channels_, 0.0F);
    bias_ = gc.key_bias[0];
    if (pe == nullptr) return;
    float of_encoding = 0;
    dots(pe, gc.key, channels_, 1, &of_encoding);
    bias_ += of_encoding;
  }

  void add(const float* values, std::size_t pixels) {
    if (!gc_) return add_plain(values, channels_, pixels, sum_);
    const auto block = pooled_pixels(channels_);
    for (std::size_t p = 0; p < pixels; p += block) {
      const auto count = std::min(block, pixels - p);
      const float* rows = values + p * channels_;
      dots(rows, key_, channels_, count, attention_);
      sigmoid_in_place(attention_, count, bias_);
      add_weighted_and_plain(rows, attention_, channels_, count, context_, sum_);
      if (pe_ != nullptr) total_ += sum_of(attention_, count);
    }
  }

  /// Like add() for zeros: every pixel has the same attention.
  void add_zeros(std::size_t pixels) {
    if (!gc_ || pe_ == nullptr) return;
    attention_[0] = 0;
    sigmoid_in_place(attention_, 1, bias_);
    total_ += attention_[0] * static_cast<float>(pixels);
  }

  void finish() {
    if (!gc_ || pe_ == nullptr) return;
    for (std::size_t c = 0; c < channels_; ++c) context_[c] += total_ * pe_[c];
  }

 private:
  std::size_t channels_;
  bool gc_;
  const float* key_;
  const float* pe_;
  float* sum_;
  float* context_;
  float* attention_;
  float bias_ = 0;
  float total_ = 0;  // sum of the attention
};

/// The number of rows that fire together. They stay in the first-level cache until GC has read them
/// for the next time step.
std::size_t rows_at_once(const NeuronStep& layer) {
  return std::clamp<std::size_t>(2048 / (layer.width * layer.channels), 1, layer.height);
}

/// V = decay * H + gain * X + offset.
struct Factors {
  const float* decay;
  const float* gain;
  const float* offset;
};

/// GC and SA of a layer. They compute the gate and offset of Eq. 14 from X, for all time steps at
/// once, and from H, step by step.
class Aggregator {
 public:
  Aggregator(const NeuronStep& layer, const StepRange& steps, StepScratch& scratch)
      : layer_(layer), steps_(steps), active_(scratch.active) {
    const auto channels = layer.channels;
    const auto reduced = std::max(layer.gc_reduced, layer.sa_reduced);
    const auto need =
        (3 * steps.count + 5) * channels + steps.count * reduced + pooled_pixels(channels);
    if (scratch.rows.size() < need) scratch.rows.resize(need);
    float* next = scratch.rows.data();
    const auto take = [&](std::size_t size) {
      float* rows = next;
      next += size;
      return rows;
    };
    sums_ = take(steps.count * channels);
    contexts_ = take(steps.count * channels);
    offsets_ = take(steps.count * channels);
    sum_ = take(channels);
    context_ = take(channels);
    w_ = take(channels);
    gate_ = take(channels);
    offset_ = take(channels);
    hidden_ = take(steps.count * reduced);
    attention_ = take(pooled_pixels(channels));
  }

  /// Computes the part of X, which is known for all time steps at once.
  void read_inputs(const float* x, std::size_t x_step) {
    if (nothing()) return;
    const auto channels = layer_.channels;
    for (std::size_t s = 0; s < steps_.count; ++s) {
      Pool pool(layer_, layer_.gc[0], row(layer_.pe_x, s), sums_ + s * channels,
                contexts_ + s * channels, attention_);
      pool.add(x + s * x_step, pixels());
      pool.finish();
    }
    if (layer_.gc_reduced > 0) add_context(layer_.gc[0], contexts_, steps_.count, offsets_);
  }

  /// Returns the pool for the membrane before step s. It overwrites the sums that factors(s - 1)
  /// reads, so factors(s - 1) must be called first.
  Pool pool_of_membrane(std::size_t s) {
    return {layer_, layer_.gc[1], row(layer_.pe_h, s), sum_, context_, attention_};
  }

  /// Pools the whole membrane before step s; null stands for zeros. It is added in the same parts
  /// as in fire(), so that the sums are bit-identical.
  void read_membrane(std::size_t s, const float* h) {
    if (nothing()) return;
    auto pool = pool_of_membrane(s);
    const auto part = rows_at_once(layer_) * layer_.width;
    for (std::size_t p = 0; h != nullptr && p < pixels(); p += part) {
      pool.add(h + p * layer_.channels, std::min(part, pixels() - p));
    }
    if (h == nullptr) pool.add_zeros(pixels());
    pool.finish();
  }

  /// Returns the factors of step s. The membrane before it must have been pooled.
  Factors factors(std::size_t s) {
    const auto channels = layer_.channels;
    const bool gc = layer_.gc_reduced > 0;
    const float* of_inputs = offsets_ + s * channels;
    if (gc) add_context(layer_.gc[1], context_, 1, offset_);
    for (std::size_t c = 0; c < channels; ++c) offset_[c] = gc ? of_inputs[c] + offset_[c] : 0.0F;
    for (const float* table : {layer_.pe_x, layer_.pe_h, layer_.pe_u}) {
      if (table == nullptr) continue;
      const float* encoding = row(table, s);
      for (std::size_t c = 0; c < channels; ++c) offset_[c] += encoding[c];
    }
    if (layer_.sa_reduced == 0) {
      std::fill(gate_, gate_ + channels, layer_.sa_gain / 2);
    } else {
      attend(sums_ + s * channels);
    }
    for (std::size_t c = 0; c < channels; ++c) offset_[c] *= gate_[c];
    return {gate_, gate_, offset_};
  }

  /// Whether GC and SA are both switched off.
  bool nothing() const { return layer_.gc_reduced == 0 && layer_.sa_reduced == 0; }

 private:
  std::size_t pixels() const { return layer_.height * layer_.width; }

  const float* row(const float* table, std::size_t s) const {
    return table == nullptr ? nullptr : table + (steps_.first + s) * layer_.channels;
  }

  /// Eq. 8 and 9: computes w [n, C] from contexts [n, C].
  void add_context(const GcWeights<float>& gc, const float* contexts, std::size_t n, float* w) {
    const auto channels = layer_.channels;
    const auto reduced = layer_.gc_reduced;
    multiply_rows(gc.query, gc.query_bias, contexts, n, {reduced, channels}, hidden_);
    for (std::size_t i = 0; i < n; ++i) {
      float* query = hidden_ + i * reduced;
      hidden_of(gc, query, reduced, query);
      multiply_active(gc.value_columns, gc.value_bias, query, reduced, channels, active_,
                      w + i * channels);
    }
  }

  /// Eq. 12: computes the gate from the sums of X, the sums of H and the offset.
  void attend(const float* sums) {
    const auto channels = layer_.channels;
    const float share = 1 / static_cast<float>(pixels());
    for (std::size_t c = 0; c < channels; ++c) {
      w_[c] = layer_.sa_alpha * ((sums[c] + sum_[c]) * share + offset_[c]);
    }
    multiply_rows(layer_.sa.reduce, layer_.sa.reduce_bias, w_, 1, {layer_.sa_reduced, channels},
                  hidden_);
    for (std::size_t r = 0; r < layer_.sa_reduced; ++r) hidden_[r] = std::max(hidden_[r], 0.0F);
    multiply_active(layer_.sa.expand_columns, layer_.sa.expand_bias, hidden_, layer_.sa_reduced,
                    channels, active_, gate_);
    sigmoid_in_place(gate_, channels, 0.0F);
    for (std::size_t c = 0; c < channels; ++c) gate_[c] *= layer_.sa_gain;
  }

  const NeuronStep& layer_;
  StepRange steps_;
  std::vector<std::uint32_t>& active_;
  float* sums_;      // [steps, C] of X
  float* contexts_;  // [steps, C] of X
  float* offsets_;   // [steps, C] w of X
  float* sum_;       // [C] of H, like the next
  float* context_;
  float* w_;
  float* gate_;
  float* offset_;
  float* hidden_;  // [steps, R]
  float* attention_;
};

/// Adds a residual of levels to X, for one time step.
void add_levels(const NeuronStep& layer, const StepInput& input, const float* x,
                const std::uint8_t* residual, float* HWY_RESTRICT out) {
  const auto& shape = input.residual_shape;
  const auto row = layer.width * layer.channels;
  // If pixels have no padding, a row is one contiguous run.
  const bool flat = shape.pixel() == layer.channels;
  const auto run = flat ? row : layer.channels;
  for (std::size_t y = 0; y < layer.height; ++y) {
    for (std::size_t i = 0; i < row; i += run) {
      const std::uint8_t* HWY_RESTRICT from = residual + shape.at(y, i / layer.channels);
      const auto at = y * row + i;
      for_channels<float>(run, [&](auto d, std::size_t c) HWY_ATTR {
        const hn::Rebind<std::int32_t, decltype(d)> di;
        const hn::Rebind<std::uint8_t, decltype(d)> du;
        const auto levels = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(du, from + c)));
        const auto value =
            hn::MulAdd(hn::Set(d, input.residual_scale), levels, hn::LoadU(d, x + at + c));
        hn::StoreU(value, d, out + at + c);
      });
    }
  }
}

/// Writes 1 for each lane that fired, 0 for the others.
template <class D, class M>
HWY_INLINE void store_spikes(D d, M fired, std::uint8_t* HWY_RESTRICT to) {
  const hn::Rebind<std::uint8_t, D> du;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  // A mask has one bit per lane, whatever the type of the lanes, so nothing needs to be narrowed.
  std::uint8_t bits[8];
  hn::StoreMaskBits(d, fired, bits);
  hn::StoreU(hn::IfThenElseZero(hn::LoadMaskBits(du, bits), hn::Set(du, 1)), du, to);
#else
  const hn::Rebind<std::int32_t, D> di;
  const auto spikes = hn::IfThenElseZero(hn::RebindMask(di, fired), hn::Set(di, 1));
  hn::StoreU(hn::DemoteTo(du, spikes), du, to);
#endif
}

/// Fires rows [first, first + rows); returns the number of spikes.
template <bool kFirst>
std::size_t fire_rows(const NeuronStep& layer, const Factors& factors, std::size_t first,
                      std::size_t rows, const float* HWY_RESTRICT x, float* HWY_RESTRICT h,
                      const LevelsShape& shape, std::uint8_t* HWY_RESTRICT levels) {
  const auto channels = layer.channels;
  const auto width = layer.width;
  const auto pixel = shape.pixel();
  std::size_t count = 0;
  for_channels<float>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const auto decay = hn::LoadU(d, factors.decay + c);
    const auto gain = hn::LoadU(d, factors.gain + c);
    const auto offset = hn::LoadU(d, factors.offset + c);
    const auto threshold = hn::Set(d, layer.threshold);
    const auto reset = hn::Set(d, layer.reset);
    std::size_t fired_here = 0;
    auto i = first * width * channels + c;
    for (std::size_t y = first; y < first + rows; ++y) {
      auto* HWY_RESTRICT to = levels + shape.at(y, 0) + c;
      for (std::size_t p = 0; p < width; ++p) {
        auto v = hn::MulAdd(gain, hn::LoadU(d, x + i), offset);
        if constexpr (!kFirst) v = hn::MulAdd(decay, hn::LoadU(d, h + i), v);
        const auto fired = hn::Ge(v, threshold);
        hn::StoreU(hn::IfThenElse(fired, reset, v), d, h + i);
        fired_here += hn::CountTrue(d, fired);
        store_spikes(d, fired, to);
        i += channels;
        to += pixel;
      }
    }
    count += fired_here;
  });
  return count;
}

/// One time step; returns the number of spikes. `next`, if not null, pools the new membrane on the
/// way.
std::size_t fire(const NeuronStep& layer, const Factors& factors, bool first, const float* x,
                 float* h, const LevelsShape& shape, std::uint8_t* levels, Pool* next) {
  const auto rows = rows_at_once(layer);
  std::size_t count = 0;
  for (std::size_t y = 0; y < layer.height; y += rows) {
    const auto some = std::min(rows, layer.height - y);
    count += first ? fire_rows<true>(layer, factors, y, some, x, h, shape, levels)
                   : fire_rows<false>(layer, factors, y, some, x, h, shape, levels);
    if (next != nullptr) {
      next->add(h + y * layer.width * layer.channels, some * layer.width);
    }
  }
  if (next != nullptr) next->finish();
  return count;
}

std::size_t steps(const NeuronStep& layer, const StepRange& range, const StepInput& input, float* h,
                  const LevelsShape& shape, std::uint8_t* levels, StepScratch& scratch) {
  const float* x = input.x;
  auto x_step = input.x_step;
  if (input.residual != nullptr) {
    x_step = layer.height * layer.width * layer.channels;
    if (scratch.x.size() < range.count * x_step) scratch.x.resize(range.count * x_step);
    for (std::size_t s = 0; s < range.count; ++s) {
      add_levels(layer, input, input.x + s * input.x_step,
                 input.residual + s * input.residual_shape.bytes(), scratch.x.data() + s * x_step);
    }
    x = scratch.x.data();
  }
  Aggregator aggregator(layer, range, scratch);
  const bool pools = layer.aggregate && !aggregator.nothing();
  if (layer.aggregate) {
    aggregator.read_inputs(x, x_step);
    aggregator.read_membrane(0, range.first == 0 ? nullptr : h);
  }
  std::size_t count = 0;
  for (std::size_t s = 0; s < range.count; ++s) {
    const bool first = range.first + s == 0;
    const auto factors =
        layer.aggregate ? aggregator.factors(s) : Factors{layer.decay, layer.gain, layer.offset};
    std::optional<Pool> next;
    if (pools && s + 1 < range.count) next.emplace(aggregator.pool_of_membrane(s + 1));
    count += fire(layer, factors, first, x + s * x_step, h, shape, levels + s * shape.bytes(),
                  next ? &*next : nullptr);
  }
  return count;
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(steps);

std::size_t neuron_steps(const NeuronStep& layer, const StepRange& range, const StepInput& input,
                         float* h, const LevelsShape& shape, std::uint8_t* levels,
                         StepScratch& scratch) {
  return HWY_DYNAMIC_DISPATCH(steps)(layer, range, input, h, shape, levels, scratch);
}

}  // namespace staa::kernels
#endif
