#pragma once

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/neuron/parameter_gradients.h"
#include "staa/kernels/transpose.h"
#include "staa/ops/card_device.h"
#include "staa/ops/elements.h"
#include "staa/ops/membrane.h"
#include "staa/ops/normalise.h"
#include "staa/options/neuron.h"

/// How a neuron layer's tensors become the plain memory that the kernels work on.
namespace staa::ops::fused {

/// Places of a layer's tensors in the one list that autograd sees. X and its BatchNorm take two
/// each, of the main current and of the residual; GC eight, in the order of GcParameters, SA four.
/// kMembrane is the one before the first step.
enum Slot : std::size_t {
  kX,
  kNormWeight = kX + 2,
  kNormBias = kNormWeight + 2,
  kDecay = kNormBias + 2,
  kGain,
  kPe,
  kGc1,
  kGc2 = kGc1 + 8,
  kSa = kGc2 + 8,
  kMembrane = kSa + 4,
  kSlots
};

/// What fixes a call besides its tensors; autograd carries it from forward to backward.
struct Plan : torch::CustomClassHolder {
  NeuronOptions options;
  std::size_t steps = 0;
  bool aggregate = false;
  std::vector<std::uint8_t> dropped;
  BatchNorm norms[2];              // the running statistics and numbers; weights are slots
  std::vector<std::size_t> slots;  // of the tensors that are defined, as autograd sees them
  torch::Tensor spikes;            // the residual's bits, where it is spikes
  std::function<torch::Tensor()> again[2];  // give X and the residual to the backward pass
  bool has_state = false;                   // the last membrane is asked for
  MembraneOptions membranes;
};

/// Hands out the parts of a memory one after the other; without memory it measures how much the
/// parts come to.
template <class T>
class Carver {
 public:
  explicit Carver(T* memory) : memory_(memory) {}

  T* take(std::size_t size) {
    T* part = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += size;
    return part;
  }
  std::size_t used() const { return used_; }

 private:
  T* memory_;
  std::size_t used_ = 0;
};

/// Which pass a call is for.
enum class Pass { kForward, kBackward };

/// A layer for the kernels, and the memory that it points to.
template <class T>
struct Call {
  kernels::NeuronLayer<T> layer;
  torch::autograd::variable_list held;
  std::vector<T> memory;
};

template <class T>
Call<T> make_call(const Plan& plan, const torch::autograd::variable_list& tensors, Pass pass) {
  const auto& o = plan.options;
  const auto& x = tensors[kX];
  const auto channels = static_cast<std::size_t>(x.size(2));
  Call<T> call;
  call.held.reserve(kSlots);
  const auto hold = [&](const torch::Tensor& tensor) -> const T* {
    if (!tensor.defined()) return nullptr;
    call.held.push_back(tensor.contiguous());
    return call.held.back().template data_ptr<T>();
  };
  auto& layer = call.layer;
  layer.shape = {plan.steps, static_cast<std::size_t>(x.size(1)),
                 static_cast<std::size_t>(x.size(3) * x.size(4)), channels};
  layer.decay = hold(tensors[kDecay]);
  layer.gain = hold(tensors[kGain]);
  const bool reset_leaks = o.kind != NeuronKind::kAdaptiveLif &&
                           !(plan.aggregate && o.tsrd_fallback == TsrdFallback::kSum);
  layer.aggregate = plan.aggregate;
  layer.dropped = plan.dropped.empty() ? nullptr : plan.dropped.data();
  if (const T* pe = hold(tensors[kPe])) {
    switch (o.pe_placement) {
      case PePlacement::kTemporal:
        layer.pe_h = pe;
        break;
      case PePlacement::kSpatial:
        layer.pe_x = pe;
        break;
      case PePlacement::kBoth:
        layer.pe_x = pe;
        layer.pe_h = pe + static_cast<std::size_t>(tensors[kPe].size(1)) * channels;
        break;
      case PePlacement::kPost:
        layer.pe_u = pe;
        break;
    }
  }
  if (tensors[kGc1].defined()) {
    layer.gc_reduced = static_cast<std::size_t>(tensors[kGc1 + 3].numel());
    for (std::size_t i = 0; i < 2; ++i) {
      const auto* gc = &tensors[i == 0 ? kGc1 : kGc2];
      layer.gc[i] = {hold(gc[0]), hold(gc[1]), hold(gc[2]), hold(gc[3]),
                     hold(gc[4]), hold(gc[5]), hold(gc[6]), hold(gc[7])};
    }
  }
  if (tensors[kSa].defined()) {
    layer.sa_reduced = static_cast<std::size_t>(tensors[kSa + 1].numel());
    layer.sa = {hold(tensors[kSa]), hold(tensors[kSa + 1]), hold(tensors[kSa + 2]),
                hold(tensors[kSa + 3])};
  }
  // On a processor the forward pass reads matrices column by column.
  const bool on_card = card::is_card(x.device());
  const bool columns = pass == Pass::kForward && !on_card;
  const auto matrices = columns ? 4 * layer.gc_reduced + 2 * layer.sa_reduced : 0;
  const auto offset = static_cast<T>(reset_leaks ? o.reset / o.tau : 0);
  call.memory.assign(on_card ? 0 : channels * (1 + matrices), offset);
  Carver<T> memory(call.memory.data());
  if (!on_card) {
    layer.offset = memory.take(channels);
  } else if (offset != 0) {
    layer.offset = hold(torch::full({x.size(2)}, static_cast<double>(offset),
                                    x.options().dtype(c10::CppTypeToScalarType<T>::value)));
  }
  const auto transposed = [&](const T* weight, std::size_t p, std::size_t q) -> const T* {
    if (!columns || weight == nullptr) return nullptr;
    T* out = memory.take(p * q);
    kernels::transpose(weight, p, q, out);
    return out;
  };
  for (auto& gc : layer.gc) {
    gc.query_columns = transposed(gc.query, layer.gc_reduced, channels);
    gc.value_columns = transposed(gc.value, channels, layer.gc_reduced);
  }
  layer.sa.reduce_columns = transposed(layer.sa.reduce, layer.sa_reduced, channels);
  layer.sa.expand_columns = transposed(layer.sa.expand, channels, layer.sa_reduced);
  layer.sa_alpha = static_cast<T>(o.sa_inner());
  layer.sa_gain = static_cast<T>(o.sa_outer());
  layer.relu = o.activation == Activation::kRelu;
  layer.threshold = layer.relu ? -std::numeric_limits<T>::infinity() : static_cast<T>(o.threshold);
  layer.reset = layer.relu ? T(0) : static_cast<T>(o.reset);
  if (plan.membranes.subtract) {
    layer.reset_kind = kernels::ResetKind::kSubtract;
    layer.reset = static_cast<T>(*plan.membranes.subtract);
  }
  layer.state.before_reset = plan.membranes.before_reset;
  layer.state.initial = data<T>(tensors[kMembrane]);
  layer.surrogate = o.surrogate;
  layer.surrogate_width = static_cast<T>(o.surrogate_width);
  layer.detach_reset = o.detach_reset;
  return call;
}

/// X of the kernels from the sequences in `tensors`, which are channels-last, and their BatchNorm.
/// A residual that the plan holds as spikes need not be among them.
template <class S>
kernels::NeuronInput<S> make_input(const Plan& plan, const torch::autograd::variable_list& tensors,
                                   const Normalised (&norms)[2]) {
  using T = kernels::Compute<S>;
  kernels::NeuronInput<S> input;
  input.count = tensors[kX + 1].defined() || plan.spikes.defined() ? 2 : 1;
  input.spikes = words(plan.spikes);
  for (int i = 0; i < input.count; ++i) {
    const auto& values = tensors[kX + static_cast<std::size_t>(i)];
    if (!values.defined()) continue;  // spikes take its place
    input.terms[i] = {data<S>(values), norms[i].template scale<T>(), norms[i].template shift<T>(),
                      values.size(0) == 1 && plan.steps > 1};
  }
  return input;
}

/// The aggregator's rows, of blocks that are on, in one memory whose front must start at 0.
template <class T>
struct RowsLayout {
  kernels::AggregatorRows<T> rows;
  std::size_t zeroed = 0;  ///< numbers in front
  std::size_t size = 0;    ///< and in all
};

/// Without memory only the sizes are of use.
template <class T>
RowsLayout<T> lay_out_rows(const kernels::NeuronLayer<T>& layer, T* memory) {
  RowsLayout<T> out;
  if (!layer.aggregate) return out;
  const auto& shape = layer.shape;
  auto& rows = out.rows;
  Carver<T> carver(memory);
  const auto vectors = [&](std::size_t size) {
    return carver.take(shape.steps * shape.batch * size);
  };
  rows.offset = vectors(shape.channels);
  rows.gate = vectors(shape.channels);
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    rows.context[i] = vectors(shape.channels);
    rows.query[i] = vectors(layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    rows.mean = vectors(shape.channels);
    rows.hidden = vectors(layer.sa_reduced);
  }
  out.zeroed = carver.used();
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) rows.attention[i] = vectors(shape.pixels);
  out.size = carver.used();
  return out;
}

/// The gradients that the kernels sum up, but for that of X; `pieces`: rows of sums a sample.
template <class S>
kernels::NeuronGradients<S> place_gradients(const kernels::NeuronLayer<kernels::Compute<S>>& layer,
                                            const Normalised (&norms)[2], bool adaptive,
                                            Carver<kernels::Compute<S>>& memory,
                                            std::size_t pieces = 1) {
  using T = kernels::Compute<S>;
  const auto& shape = layer.shape;
  kernels::NeuronGradients<S> out;
  const auto of_batch = [&](std::size_t size) { return memory.take(shape.batch * pieces * size); };
  const auto vectors = [&](std::size_t size) {
    return memory.take(shape.steps * shape.batch * size);
  };
  if (norms[0].factors.defined() || norms[1].factors.defined())
    out.shift = of_batch(shape.channels);
  for (int i = 0; i < 2; ++i) {
    if (!norms[i].factors.defined()) continue;
    out.scale[i] = of_batch(shape.channels);
    out.center[i] = norms[i].template mean<T>();
  }
  if (adaptive) {
    out.decay = of_batch(shape.channels);
    out.gain = of_batch(shape.channels);
  }
  if (!layer.aggregate) return out;
  out.offset = vectors(shape.channels);
  if (layer.pe_x != nullptr) out.pe_x = vectors(pieces * shape.channels);
  if (layer.pe_h != nullptr) out.pe_h = vectors(pieces * shape.channels);
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    out.key[i] = of_batch(shape.channels);
    out.key_bias[i] = of_batch(1);
    out.query[i] = vectors(layer.gc_reduced);
    out.norm[i] = vectors(layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    out.hidden = vectors(layer.sa_reduced);
    out.expand = vectors(shape.channels);
  }
  return out;
}

/// A tensor of `size` numbers of which the first `zeroed` are 0.
template <class T>
torch::Tensor memory_of(std::size_t size, std::size_t zeroed,
                        const torch::Device& device = torch::kCPU) {
  auto memory =
      torch::empty({static_cast<std::int64_t>(size)},
                   torch::TensorOptions(device).dtype(c10::CppTypeToScalarType<T>::value));
  memory.narrow(0, 0, static_cast<std::int64_t>(zeroed)).zero_();
  return memory;
}

/// Lays numbers out by `place(carver)`, in a memory of their own that is all 0; what place returns.
template <class T, class F>
auto place_zeroed(const torch::Device& device, torch::Tensor& memory, const F& place) {
  Carver<T> measure(nullptr);
  place(measure);
  memory = memory_of<T>(measure.used(), measure.used(), device);
  Carver<T> carver(data<T>(memory));
  return place(carver);
}

/// [T, B, C, H, W] -> the same values, [T, B, H, W, C] in memory.
inline torch::Tensor pixels_last(const torch::Tensor& x) {
  return x.flatten(0, 1).contiguous(torch::MemoryFormat::ChannelsLast).view(x.sizes());
}

/// Memory of x's shape but for the steps, [steps, B, H, W, C].
inline torch::Tensor like_sequence(const torch::Tensor& x, std::int64_t steps) {
  return torch::empty({steps * x.size(1), x.size(2), x.size(3), x.size(4)},
                      x.options().memory_format(torch::MemoryFormat::ChannelsLast))
      .view({steps, x.size(1), x.size(2), x.size(3), x.size(4)});
}

/// What a backward pass begins with, on a processor and on a card: the forward pass's arguments,
/// the `rows` that it kept, and memory for dX.
template <class S>
struct BackwardCall {
  using T = kernels::Compute<S>;

  BackwardCall(const Plan& plan, const torch::autograd::variable_list& tensors,
               const torch::Tensor& rows, const Normalised (&norms)[2])
      : call(make_call<T>(plan, tensors, Pass::kBackward)),
        kept(lay_out_rows(call.layer, data<T>(rows)).rows),
        input(make_input<S>(plan, tensors, norms)),
        // The kernels add up the steps of an input that is the same in all of them.
        dx(like_sequence(tensors[kX],
                         input.constant() ? 1 : static_cast<std::int64_t>(plan.steps))),
        adaptive(plan.options.kind == NeuronKind::kAdaptiveLif) {}

  Call<T> call;
  kernels::AggregatorRows<T> kept;
  kernels::NeuronInput<S> input;
  torch::Tensor dx;
  bool adaptive;
};

/// From dX to the gradients of the sequences that make up X, and of their BatchNorm, by
/// `backward(i, gradient, in_place)`.
template <class F>
void input_gradients(const Plan& plan, const torch::autograd::variable_list& tensors,
                     const Normalised (&norms)[2], const torch::Tensor& dx, const F& backward,
                     torch::autograd::variable_list& out) {
  bool dx_is_taken = false;
  for (const std::size_t i : {1, 0}) {
    const auto& values = tensors[kX + i];
    if (!values.defined() && !(i == 1 && plan.spikes.defined())) continue;
    const bool repeated = values.defined() && values.size(0) < dx.size(0);
    const auto gradient = repeated ? pixels_last(dx.sum(0, /*keepdim=*/true)) : dx;
    if (norms[i].factors.defined()) {
      const bool in_place = repeated || (i == 0 && !dx_is_taken);
      const NormaliseGradients all = backward(i, gradient, in_place);
      out[kX + i] = all.values;
      out[kNormWeight + i] = all.weight;
      out[kNormBias + i] = all.bias;
    } else {
      out[kX + i] = gradient;
      dx_is_taken = dx_is_taken || !repeated;
    }
  }
}

/// Memory in `out` for the gradients of a layer's own parameters.
template <class T>
kernels::ParameterGradients<T> place_outputs(const Plan& plan,
                                             const torch::autograd::variable_list& tensors,
                                             const kernels::NeuronLayer<T>& layer,
                                             torch::autograd::variable_list& out) {
  const auto like = [&](std::size_t slot) {
    out[slot] = torch::empty_like(tensors[slot], torch::MemoryFormat::Contiguous);
    return data<T>(out[slot]);
  };
  kernels::ParameterGradients<T> to;
  if (plan.options.kind == NeuronKind::kAdaptiveLif) {
    to.decay = like(kDecay);
    to.gain = like(kGain);
  }
  if (tensors[kPe].defined()) {
    // The table may reach further than the steps of this call.
    out[kPe] = torch::zeros_like(tensors[kPe], torch::MemoryFormat::Contiguous);
    T* table = data<T>(out[kPe]);
    if (layer.pe_x != nullptr) to.pe_x = table;
    if (layer.pe_h != nullptr) {
      // Where both have one, H's table lies behind X's.
      to.pe_h = table + (layer.pe_x != nullptr ? layer.pe_h - layer.pe_x : 0);
    }
    if (layer.pe_u != nullptr) to.pe_u = table;
  }
  for (std::size_t i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    const auto slot = i == 0 ? kGc1 : kGc2;
    to.gc[i] = {like(slot),     like(slot + 1), like(slot + 2), like(slot + 3),
                like(slot + 4), like(slot + 5), like(slot + 6), like(slot + 7)};
  }
  if (layer.sa_reduced > 0) to.sa = {like(kSa), like(kSa + 1), like(kSa + 2), like(kSa + 3)};
  return to;
}

}  // namespace staa::ops::fused
