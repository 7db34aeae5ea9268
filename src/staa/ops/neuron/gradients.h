#pragma once

#include <torch/types.h>

#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/neuron/parameter_gradients.h"
#include "staa/ops/elements.h"
#include "staa/ops/neuron/arena.h"
#include "staa/ops/neuron/backend.h"
#include "staa/ops/neuron/sequence.h"

/// Memory for the gradients of a call.
namespace staa::ops {

/// Allocates the sums that the kernels compute. dX is not a sum and is allocated separately.
/// `pieces` is the number of rows that each sample gets for its sums.
template <class S>
kernels::NeuronGradients<S> place_sums(const CallSettings& settings,
                                       const kernels::NeuronLayer<kernels::Compute<S>>& layer,
                                       const std::array<Normalised, 2>& norms, std::size_t pieces,
                                       Arena<kernels::Compute<S>>& arena) {
  using T = kernels::Compute<S>;
  const auto& shape = layer.shape;
  kernels::NeuronGradients<S> out;
  const auto per_piece = [&](std::size_t size) {
    return arena.allocate(shape.batch * pieces * size);
  };
  const auto per_step = [&](std::size_t size) {
    return arena.allocate(shape.steps * shape.batch * size);
  };
  if (norms[0].defined() || norms[1].defined()) out.shift = per_piece(shape.channels);
  for (std::size_t i = 0; i < 2; ++i) {
    if (!norms[i].defined()) continue;
    out.scale[i] = per_piece(shape.channels);
    out.center[i] = norms[i].template mean<T>();
  }
  if (settings.learns_update) {
    out.decay = per_piece(shape.channels);
    out.gain = per_piece(shape.channels);
  }
  if (!layer.aggregate) return out;
  out.offset = per_step(shape.channels);
  if (layer.pe_x != nullptr) out.pe_x = per_step(pieces * shape.channels);
  if (layer.pe_h != nullptr) out.pe_h = per_step(pieces * shape.channels);
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    out.key[i] = per_piece(shape.channels);
    out.key_bias[i] = per_piece(1);
    out.query[i] = per_step(layer.gc_reduced);
    out.norm[i] = per_step(layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    out.hidden = per_step(layer.sa_reduced);
    out.expand = per_step(shape.channels);
  }
  return out;
}

/// Memory for dX. If the input is the same in every step, the kernels sum dX over the steps.
template <class S>
torch::Tensor allocate_input_gradient(const CallSettings& settings, const Workspace& workspace,
                                      const kernels::NeuronInput<S>& input) {
  return like_sequence(workspace.tensors.terms[0].values, input.constant() ? 1 : settings.steps);
}

/// A term's gradient before it is passed through the term's BatchNorm.
struct TermGradient {
  std::size_t term;
  torch::Tensor values;  ///< of the normalised values
  bool in_place;         ///< the result may overwrite `values`
};

/// Computes the gradients of the terms and of their BatchNorms from dX and writes them to `out`.
/// `backward(gradient)` takes a TermGradient and returns NormaliseGradients.
template <class Backward>
void term_gradients(const CallSettings& settings, const Workspace& workspace,
                    const torch::Tensor& dx, const Backward& backward, NeuronTensors& out) {
  bool is_dx_taken = false;
  for (const std::size_t i : {1, 0}) {
    const auto& values = workspace.tensors.terms[i].values;
    if (!values.defined() && !settings.terms[i].bits.defined()) continue;
    const bool repeated = values.defined() && values.size(0) < dx.size(0);
    const auto gradient = repeated ? pixels_last(dx.sum(0, /*keepdim=*/true)) : dx;
    if (workspace.norms[i].defined()) {
      const bool in_place = repeated || (i == 0 && !is_dx_taken);
      const NormaliseGradients all = backward(TermGradient{i, gradient, in_place});
      out.terms[i] = {all.values, all.weight, all.bias};
    } else {
      out.terms[i].values = gradient;
      is_dx_taken = is_dx_taken || !repeated;
    }
  }
}

/// Sets `out` to a new tensor of a parameter's shape and returns its memory.
template <class T>
T* place_like(const torch::Tensor& parameter, torch::Tensor& out) {
  out = torch::empty_like(parameter, torch::MemoryFormat::Contiguous);
  return data<T>(out);
}

template <class T>
kernels::GcGradients<T> place_gc(const GcParameters& gc, GcParameters& out) {
  return {place_like<T>(gc.key_weight, out.key_weight),
          place_like<T>(gc.key_bias, out.key_bias),
          place_like<T>(gc.query_weight, out.query_weight),
          place_like<T>(gc.query_bias, out.query_bias),
          place_like<T>(gc.norm_weight, out.norm_weight),
          place_like<T>(gc.norm_bias, out.norm_bias),
          place_like<T>(gc.value_weight, out.value_weight),
          place_like<T>(gc.value_bias, out.value_bias)};
}

template <class T>
kernels::SaGradients<T> place_sa(const SaParameters& sa, SaParameters& out) {
  return {place_like<T>(sa.reduce_weight, out.reduce_weight),
          place_like<T>(sa.reduce_bias, out.reduce_bias),
          place_like<T>(sa.expand_weight, out.expand_weight),
          place_like<T>(sa.expand_bias, out.expand_bias)};
}

/// Allocates memory in `out` for the gradients of a layer's own parameters.
template <class T>
kernels::ParameterGradients<T> place_parameters(const CallSettings& settings,
                                                const NeuronTensors& tensors,
                                                const kernels::NeuronLayer<T>& layer,
                                                NeuronTensors& out) {
  kernels::ParameterGradients<T> to;
  if (settings.learns_update) {
    to.decay = place_like<T>(tensors.decay, out.decay);
    to.gain = place_like<T>(tensors.gain, out.gain);
  }
  const auto& staa = tensors.staa;
  if (staa.pe.defined()) {
    // The table may have more rows than this call has steps.
    out.staa.pe = torch::zeros_like(staa.pe, torch::MemoryFormat::Contiguous);
    T* table = data<T>(out.staa.pe);
    if (layer.pe_x != nullptr) to.pe_x = table;
    // If both have a table, that of H follows that of X.
    if (layer.pe_h != nullptr) to.pe_h = table + (layer.pe_h - data<T>(staa.pe));
    if (layer.pe_u != nullptr) to.pe_u = table;
  }
  if (layer.gc_reduced > 0) {
    to.gc[0] = place_gc<T>(staa.gc1, out.staa.gc1);
    to.gc[1] = place_gc<T>(staa.gc2, out.staa.gc2);
  }
  if (layer.sa_reduced > 0) to.sa = place_sa<T>(staa.sa, out.staa.sa);
  return to;
}

}  // namespace staa::ops
