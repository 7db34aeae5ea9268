#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "staa/kernels/neuron.h"
#include "staa/ops/elements.h"
#include "staa/ops/normalise.h"
#include "staa/options/neuron.h"

/// How a neuron layer's tensors become the plain memory that the kernels work on.
namespace staa::ops::fused {

/// Places of a layer's tensors in the one list that autograd sees. X and its BatchNorm take two
/// each, of the main current and of the residual; GC eight, in the order of GcParameters, SA four.
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
  kSlots = kSa + 4
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
};

/// The aggregator's rows as tensors; undefined where a block is off.
struct Rows {
  torch::Tensor attention[2];
  torch::Tensor context[2];
  torch::Tensor query[2];
  torch::Tensor mean;
  torch::Tensor hidden;
  torch::Tensor offset;
  torch::Tensor gate;

  torch::autograd::variable_list list() const {
    return {attention[0], attention[1], context[0], context[1], query[0],
            query[1],     mean,         hidden,     offset,     gate};
  }
  static Rows from(const torch::autograd::variable_list& all, std::size_t first) {
    Rows rows;
    for (int i = 0; i < 2; ++i) {
      rows.attention[i] = all[first + i];
      rows.context[i] = all[first + 2 + i];
      rows.query[i] = all[first + 4 + i];
    }
    rows.mean = all[first + 6];
    rows.hidden = all[first + 7];
    rows.offset = all[first + 8];
    rows.gate = all[first + 9];
    return rows;
  }
};

/// Which pass a call is for.
enum class Pass { kForward, kBackward };

/// A layer for the kernels, and the tensors whose memory it points to.
template <class T>
struct Call {
  kernels::NeuronLayer<T> layer;
  torch::autograd::variable_list held;
};

template <class T>
Call<T> make_call(const Plan& plan, const torch::autograd::variable_list& tensors, Pass pass) {
  const auto& o = plan.options;
  const auto& x = tensors[kX];
  Call<T> call;
  call.held.reserve(kSlots + 7);
  const auto hold = [&](const torch::Tensor& tensor) -> const T* {
    if (!tensor.defined()) return nullptr;
    call.held.push_back(tensor.contiguous());
    return call.held.back().template data_ptr<T>();
  };
  // The forward pass reads matrices column by column.
  const auto hold_columns = [&](const torch::Tensor& weight) -> const T* {
    return pass == Pass::kForward ? hold(weight.flatten(1).t()) : nullptr;
  };
  auto& layer = call.layer;
  layer.shape = {plan.steps, static_cast<std::size_t>(x.size(1)),
                 static_cast<std::size_t>(x.size(3) * x.size(4)),
                 static_cast<std::size_t>(x.size(2))};
  layer.decay = hold(tensors[kDecay]);
  layer.gain = hold(tensors[kGain]);
  const bool reset_leaks = o.kind != NeuronKind::kAdaptiveLif &&
                           !(plan.aggregate && o.tsrd_fallback == TsrdFallback::kSum);
  layer.offset = hold(torch::full({x.size(2)}, reset_leaks ? o.reset / o.tau : 0.0,
                                  x.options().dtype(compute_type(x.scalar_type()))));
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
        layer.pe_h = pe + tensors[kPe].size(1) * x.size(2);
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
      layer.gc[i] = {hold(gc[0]),         hold(gc[1]),        hold(gc[2]), hold(gc[3]),
                     hold(gc[4]),         hold(gc[5]),        hold(gc[6]), hold(gc[7]),
                     hold_columns(gc[2]), hold_columns(gc[6])};
    }
  }
  if (tensors[kSa].defined()) {
    layer.sa_reduced = static_cast<std::size_t>(tensors[kSa + 1].numel());
    layer.sa = {hold(tensors[kSa]),     hold(tensors[kSa + 1]),     hold(tensors[kSa + 2]),
                hold(tensors[kSa + 3]), hold_columns(tensors[kSa]), hold_columns(tensors[kSa + 2])};
  }
  layer.sa_alpha = static_cast<T>(o.sa_alpha);
  layer.threshold = static_cast<T>(o.threshold);
  layer.reset = static_cast<T>(o.reset);
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
    input.terms[i] = {data<S>(values), data<T>(norms[i].scale), data<T>(norms[i].shift),
                      values.size(0) == 1 && plan.steps > 1};
  }
  return input;
}

template <class T>
Rows make_rows(const kernels::NeuronLayer<T>& layer, const torch::TensorOptions& options) {
  Rows rows;
  if (!layer.aggregate) return rows;
  const auto vectors = [&](std::size_t size) {
    return torch::zeros(
        {static_cast<std::int64_t>(layer.shape.steps), static_cast<std::int64_t>(layer.shape.batch),
         static_cast<std::int64_t>(size)},
        options);
  };
  rows.offset = vectors(layer.shape.channels);
  rows.gate = vectors(layer.shape.channels);
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    rows.attention[i] = vectors(layer.shape.pixels);
    rows.context[i] = vectors(layer.shape.channels);
    rows.query[i] = vectors(layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    rows.mean = vectors(layer.shape.channels);
    rows.hidden = vectors(layer.sa_reduced);
  }
  return rows;
}

template <class T>
kernels::AggregatorRows<T> pointers(const Rows& rows) {
  kernels::AggregatorRows<T> out;
  for (int i = 0; i < 2; ++i) {
    out.attention[i] = data<T>(rows.attention[i]);
    out.context[i] = data<T>(rows.context[i]);
    out.query[i] = data<T>(rows.query[i]);
  }
  out.mean = data<T>(rows.mean);
  out.hidden = data<T>(rows.hidden);
  out.offset = data<T>(rows.offset);
  out.gate = data<T>(rows.gate);
  return out;
}

}  // namespace staa::ops::fused
