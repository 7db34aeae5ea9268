#include "staa/kernels/neuron_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/neuron_step.cc"
#include <hwy/foreach_target.h>
//
#include "staa/kernels/aggregator-inl.h"
#include "staa/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// y [out] = W [out, in] x + bias: the rows of W in the place of the pixels of `dots`, four at
/// once.
void matrix_vector(const float* weight, const float* bias, const float* x, Extent extent,
                   float* y) {
  dots(weight, x, extent.in, extent.out, y);
  for (std::size_t o = 0; o < extent.out; ++o) y[o] += bias[o];
}

/// Sums over the pixels of a slab [HW, C]: plain, and weighted by GC's attention (Eq. 7).
struct Pooled {
  float* sum;      ///< [C]
  float* context;  ///< [C]
  float* attention;
};

void pool(const NeuronStep& layer, const GcWeights<float>& gc, const float* values, const float* pe,
          const Pooled& out) {
  const auto channels = layer.channels;
  const auto pixels = layer.height * layer.width;
  std::fill(out.sum, out.sum + channels, 0.0F);
  if (layer.gc_reduced == 0) {
    if (values != nullptr) add_plain(values, channels, pixels, out.sum);
    return;
  }
  std::fill(out.context, out.context + channels, 0.0F);
  float bias = gc.key_bias[0];
  if (pe != nullptr) {
    float of_encoding = 0;
    dots(pe, gc.key, channels, 1, &of_encoding);
    bias += of_encoding;
  }
  float total = 0;
  if (values == nullptr) {  // all 0: every pixel has the same attention
    out.attention[0] = 0;
    sigmoid_in_place(out.attention, 1, bias);
    total = out.attention[0] * static_cast<float>(pixels);
  } else {
    const auto block = block_pixels(channels);
    for (std::size_t p = 0; p < pixels; p += block) {
      const auto count = std::min(block, pixels - p);
      const float* rows = values + p * channels;
      dots(rows, gc.key, channels, count, out.attention);
      sigmoid_in_place(out.attention, count, bias);
      add_weighted_and_plain(rows, out.attention, channels, count, out.context, out.sum);
      for (std::size_t i = 0; i < count; ++i) total += out.attention[i];
    }
  }
  if (pe == nullptr) return;
  for (std::size_t c = 0; c < channels; ++c) out.context[c] += total * pe[c];
}

/// Eq. 8 and 9: adds w to `offset` [C].
void add_context(const GcWeights<float>& gc, Extent extent, const float* context, float* query,
                 float* w, float* offset) {
  matrix_vector(gc.query, gc.query_bias, context, extent, query);
  const auto m = moments(query, extent.out);
  for (std::size_t r = 0; r < extent.out; ++r) {
    query[r] = std::max((query[r] - m.mean) * m.rstd * gc.norm[r] + gc.norm_bias[r], 0.0F);
  }
  matrix_vector(gc.value, gc.value_bias, query, {extent.in, extent.out}, w);
  for (std::size_t c = 0; c < extent.in; ++c) offset[c] += w[c];
}

/// V = decay * H + gain * X + offset.
struct Factors {
  const float* decay;
  const float* gain;
  const float* offset;
};

/// Gate and offset of Eq. 14, from X and H; `rows` holds the results.
Factors aggregate(const NeuronStep& layer, const float* x, const float* h,
                  std::vector<float>& rows) {
  const auto channels = layer.channels;
  const auto reduced = std::max(layer.gc_reduced, layer.sa_reduced);
  const auto need = 6 * channels + reduced + kMaxBlockPixels;
  if (rows.size() < need) rows.resize(need);
  float* offset = rows.data();
  float* gate = offset + channels;
  float* sums[2] = {gate + channels, gate + 2 * channels};
  float* context = gate + 3 * channels;
  float* w = gate + 4 * channels;
  float* hidden = gate + 5 * channels;
  float* attention = hidden + reduced;
  std::fill(offset, offset + channels, 0.0F);
  const float* values[2] = {x, layer.first ? nullptr : h};
  const float* tables[3] = {layer.pe_x, layer.pe_h, layer.pe_u};
  for (int i = 0; i < 2; ++i) {
    if (layer.gc_reduced == 0 && layer.sa_reduced == 0) break;
    pool(layer, layer.gc[i], values[i], tables[i], {sums[i], context, attention});
    if (layer.gc_reduced == 0) continue;
    add_context(layer.gc[i], {layer.gc_reduced, channels}, context, hidden, w, offset);
  }
  for (const float* table : tables) {
    if (table == nullptr) continue;
    for (std::size_t c = 0; c < channels; ++c) offset[c] += table[c];
  }
  if (layer.sa_reduced == 0) {
    std::fill(gate, gate + channels, 0.5F);
  } else {
    const float share = 1 / static_cast<float>(layer.height * layer.width);
    for (std::size_t c = 0; c < channels; ++c) {
      w[c] = layer.sa_alpha * ((sums[0][c] + sums[1][c]) * share + offset[c]);
    }
    matrix_vector(layer.sa.reduce, layer.sa.reduce_bias, w, {layer.sa_reduced, channels}, hidden);
    for (std::size_t r = 0; r < layer.sa_reduced; ++r) hidden[r] = std::max(hidden[r], 0.0F);
    matrix_vector(layer.sa.expand, layer.sa.expand_bias, hidden, {channels, layer.sa_reduced},
                  gate);
    sigmoid_in_place(gate, channels, 0.0F);
  }
  for (std::size_t c = 0; c < channels; ++c) offset[c] *= gate[c];
  return {gate, gate, offset};
}

/// X with a residual of levels.
void add_levels(const NeuronStep& layer, const StepInput& input, float* HWY_RESTRICT out) {
  const auto& shape = input.residual_shape;
  for (std::size_t y = 0; y < layer.height; ++y) {
    for (std::size_t x = 0; x < layer.width; ++x) {
      const std::uint8_t* HWY_RESTRICT from = input.residual + shape.at(y, x);
      const auto i = (y * layer.width + x) * layer.channels;
      const float* HWY_RESTRICT values = input.x + i;
      for (std::size_t c = 0; c < layer.channels; ++c) {
        out[i + c] = values[c] + input.residual_scale * static_cast<float>(from[c]);
      }
    }
  }
}

/// One row of pixels; returns how many fired.
template <bool kFirst>
std::size_t fire_row(const NeuronStep& layer, const Factors& factors, std::size_t pixel,
                     const float* HWY_RESTRICT x, float* HWY_RESTRICT h,
                     std::uint8_t* HWY_RESTRICT levels) {
  const auto channels = layer.channels;
  std::size_t count = 0;
  for_channels<float>(channels, [&](auto d, std::size_t c) HWY_ATTR {
    const hn::Rebind<std::int32_t, decltype(d)> di;
    const hn::Rebind<std::uint8_t, decltype(d)> du;
    const auto decay = hn::LoadU(d, factors.decay + c);
    const auto gain = hn::LoadU(d, factors.gain + c);
    const auto offset = hn::LoadU(d, factors.offset + c);
    const auto threshold = hn::Set(d, layer.threshold);
    const auto reset = hn::Set(d, layer.reset);
    const auto one = hn::Set(di, 1);
    auto fired_here = hn::Zero(di);
    for (std::size_t p = 0; p < layer.width; ++p) {
      const auto i = p * channels + c;
      auto v = hn::MulAdd(gain, hn::LoadU(d, x + i), offset);
      if constexpr (!kFirst) v = hn::MulAdd(decay, hn::LoadU(d, h + i), v);
      const auto fired = hn::Ge(v, threshold);
      hn::StoreU(hn::IfThenElse(fired, reset, v), d, h + i);
      const auto spike = hn::IfThenElseZero(hn::RebindMask(di, fired), one);
      fired_here = hn::Add(fired_here, spike);
      hn::StoreU(hn::DemoteTo(du, spike), du, levels + p * pixel + c);
    }
    count += static_cast<std::size_t>(hn::GetLane(hn::SumOfLanes(di, fired_here)));
  });
  return count;
}

std::size_t step(const NeuronStep& layer, const StepInput& input, float* h,
                 const LevelsShape& shape, std::uint8_t* levels, StepScratch& scratch) {
  const float* x = input.x;
  if (input.residual != nullptr) {
    const auto size = layer.height * layer.width * layer.channels;
    if (scratch.x.size() < size) scratch.x.resize(size);
    add_levels(layer, input, scratch.x.data());
    x = scratch.x.data();
  }
  const Factors factors = layer.aggregate ? aggregate(layer, x, h, scratch.rows)
                                          : Factors{layer.decay, layer.gain, layer.offset};
  std::size_t count = 0;
  for (std::size_t y = 0; y < layer.height; ++y) {
    const auto i = y * layer.width * layer.channels;
    auto* row = levels + shape.at(y, 0);
    count += layer.first ? fire_row<true>(layer, factors, shape.pixel(), x + i, h + i, row)
                         : fire_row<false>(layer, factors, shape.pixel(), x + i, h + i, row);
  }
  return count;
}

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

HWY_EXPORT(step);

std::size_t neuron_step(const NeuronStep& layer, const StepInput& input, float* h,
                        const LevelsShape& shape, std::uint8_t* levels, StepScratch& scratch) {
  return HWY_DYNAMIC_DISPATCH(step)(layer, input, h, shape, levels, scratch);
}

}  // namespace staa::kernels
#endif
