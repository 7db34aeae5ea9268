#pragma once

#include <torch/types.h>

#include <limits>

#include "staa/kernels/neuron/neuron.h"
#include "staa/ops/elements.h"
#include "staa/ops/neuron/backend.h"

/// A call's tensors as the plain memory that the kernels work on. Nothing is copied: the call and
/// its workspace must outlive the views.
namespace staa::ops {

/// The plain update, which is the same in every channel unless the neurons are adaptive.
template <class T>
void view_update(const NeuronTensors& tensors, const torch::Tensor& coefficients,
                 kernels::NeuronLayer<T>& layer) {
  const auto row = [&](int i) { return data<T>(coefficients) + i * coefficients.size(1); };
  layer.decay = tensors.decay.defined() ? data<T>(tensors.decay) : row(0);
  layer.gain = tensors.gain.defined() ? data<T>(tensors.gain) : row(1);
  layer.offset = row(2);
}

/// The position encoding (Fig. 2).
template <class T>
void view_encoding(const torch::Tensor& pe, PePlacement placement, kernels::NeuronLayer<T>& layer) {
  const T* table = data<T>(pe);
  switch (placement) {
    case PePlacement::kTemporal:
      layer.pe_h = table;
      break;
    case PePlacement::kSpatial:
      layer.pe_x = table;
      break;
    case PePlacement::kBoth:
      layer.pe_x = table;
      if (pe.defined()) layer.pe_h = table + pe.size(1) * pe.size(2);
      break;
    case PePlacement::kPost:
      layer.pe_u = table;
      break;
  }
}

template <class T>
kernels::GcWeights<T> view_gc(const GcParameters& gc) {
  return {data<T>(gc.key_weight),   data<T>(gc.key_bias),    data<T>(gc.query_weight),
          data<T>(gc.query_bias),   data<T>(gc.norm_weight), data<T>(gc.norm_bias),
          data<T>(gc.value_weight), data<T>(gc.value_bias)};
}

template <class T>
kernels::SaWeights<T> view_sa(const SaParameters& sa) {
  return {data<T>(sa.reduce_weight), data<T>(sa.reduce_bias), data<T>(sa.expand_weight),
          data<T>(sa.expand_bias)};
}

/// GC, SA and the position encoding.
template <class T>
void view_aggregator(const CallSettings& settings, const StaaLifParameters& staa,
                     kernels::NeuronLayer<T>& layer) {
  layer.aggregate = settings.aggregate;
  layer.dropped = settings.dropped.empty() ? nullptr : settings.dropped.data();
  view_encoding(staa.pe, settings.options.pe_placement, layer);
  if (staa.gc1.defined()) {
    layer.gc_reduced = static_cast<std::size_t>(staa.gc1.query_bias.numel());
    layer.gc[0] = view_gc<T>(staa.gc1);
    layer.gc[1] = view_gc<T>(staa.gc2);
  }
  if (staa.sa.defined()) {
    layer.sa_reduced = static_cast<std::size_t>(staa.sa.reduce_bias.numel());
    layer.sa = view_sa<T>(staa.sa);
  }
  layer.sa_alpha = static_cast<T>(settings.options.sa_inner());
  layer.sa_gain = static_cast<T>(settings.options.sa_outer());
}

/// Threshold, reset and surrogate.
template <class T>
void view_firing(const CallSettings& settings, kernels::NeuronLayer<T>& layer) {
  const auto& o = settings.options;
  layer.relu = o.activation == Activation::kRelu;
  layer.threshold = layer.relu ? -std::numeric_limits<T>::infinity() : static_cast<T>(o.threshold);
  layer.reset = layer.relu ? T(0) : static_cast<T>(o.reset);
  if (settings.membranes.subtract) {
    layer.reset_kind = kernels::ResetKind::kSubtract;
    layer.reset = static_cast<T>(*settings.membranes.subtract);
  }
  layer.surrogate = o.surrogate;
  layer.surrogate_width = static_cast<T>(o.surrogate_width);
  layer.surrogate_scale = static_cast<T>(o.surrogate_scale);
  layer.detach_reset = o.detach_reset;
}

/// The layer as both passes need it. The forward pass of the CPU adds matrices by column and memory
/// for the last membrane.
template <class T>
kernels::NeuronLayer<T> view_layer(const CallSettings& settings, const Workspace& workspace) {
  const auto& tensors = workspace.tensors;
  const auto& x = tensors.terms[0].values;
  kernels::NeuronLayer<T> layer;
  layer.shape = {static_cast<std::size_t>(settings.steps), static_cast<std::size_t>(x.size(1)),
                 static_cast<std::size_t>(x.size(3) * x.size(4)),
                 static_cast<std::size_t>(x.size(2))};
  view_update(tensors, workspace.coefficients, layer);
  view_aggregator(settings, tensors.staa, layer);
  view_firing(settings, layer);
  layer.state.before_reset = settings.membranes.before_reset;
  layer.state.initial = data<T>(tensors.membrane);
  return layer;
}

/// X as the sum of its terms. A residual whose bits are in the settings needs no values.
template <class S>
kernels::NeuronInput<S> view_input(const CallSettings& settings, const Workspace& workspace) {
  using T = kernels::Compute<S>;
  const auto& bits = settings.terms[1].bits;
  kernels::NeuronInput<S> input;
  input.count = workspace.tensors.terms[1].values.defined() || bits.defined() ? 2 : 1;
  input.spikes = words(bits);
  for (std::size_t i = 0; i < static_cast<std::size_t>(input.count); ++i) {
    const auto& values = workspace.tensors.terms[i].values;
    if (!values.defined()) continue;
    const auto& norm = workspace.norms[i];
    input.terms[i] = {data<S>(values), norm.template scale<T>(), norm.template shift<T>(),
                      values.size(0) == 1 && settings.steps > 1};
  }
  return input;
}

}  // namespace staa::ops
