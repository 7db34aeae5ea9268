#include "staa/ops/fused_neuron.h"

#include <ATen/Dispatch.h>

#include "staa/kernels/outer.h"
#include "staa/kernels/spikes.h"
#include "staa/ops/fused_call.h"
#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

using namespace fused;  // the parts of a call, which this file puts together
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// [T, B, C, H, W] -> the same values, [T, B, H, W, C] in memory.
Tensor pixels_last(const Tensor& x) {
  return x.flatten(0, 1).contiguous(torch::MemoryFormat::ChannelsLast).view(x.sizes());
}

Tensor like_sequence(const Tensor& x, std::int64_t steps) {
  return torch::empty({steps * x.size(1), x.size(2), x.size(3), x.size(4)},
                      x.options().memory_format(torch::MemoryFormat::ChannelsLast))
      .view({steps, x.size(1), x.size(2), x.size(3), x.size(4)});
}

template <class F>
void for_samples(std::int64_t batch, const F& f) {
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    f(kernels::SampleRange{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
}

/// Of numbers that go with the sequence x.
torch::TensorOptions compute_options(const Tensor& x) {
  return x.options().dtype(compute_type(x.scalar_type()));
}

/// Spikes, and the rows that the backward pass needs.
template <class S>
Spikes run_forward(const Plan& plan, const variable_list& tensors, const Normalised (&norms)[2],
                   Rows& rows) {
  using T = kernels::Compute<S>;
  const auto call = make_call<T>(plan, tensors, Pass::kForward);
  const auto& x = tensors[kX];
  rows = make_rows(call.layer, compute_options(x));
  const auto input = make_input<S>(plan, tensors, norms);
  const auto steps = static_cast<std::int64_t>(plan.steps);
  const auto slab = static_cast<std::size_t>(x.size(2) * x.size(3) * x.size(4));
  const Spikes spikes(
      like_sequence(x, steps),
      torch::empty({steps, x.size(1), static_cast<std::int64_t>(kernels::spike_words(slab))},
                   torch::kLong));
  const auto of_rows = pointers<T>(rows);
  for_samples(x.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_forward(call.layer, input, of_rows,
                            kernels::SpikeOutput<S>{data<S>(spikes.values), words(spikes.bits)},
                            samples);
  });
  return spikes;
}

/// Gradient of a weight [P, Q] of 1x1 kernels from rows a [T, B, P] and b [T, B, Q]. Not a matrix
/// product of LibTorch's: a BLAS keeps threads of its own, which wait for the cores that ours hold.
Tensor outer_sum(const Tensor& a, const Tensor& b, const Tensor& weight) {
  const kernels::OuterShape shape{static_cast<std::size_t>(a.size(0) * a.size(1)),
                                  static_cast<std::size_t>(a.size(2)),
                                  static_cast<std::size_t>(b.size(2))};
  auto out = torch::empty(weight.sizes(), a.options());
  const auto work = static_cast<std::int64_t>(shape.n * shape.q);
  const auto grain = std::max<std::int64_t>(4, (1 << 16) / std::max<std::int64_t>(1, work));
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "outer_sum", [&] {
    at::parallel_for(0, a.size(2), grain, [&](std::int64_t begin, std::int64_t end) {
      kernels::outer_sums(a.data_ptr<scalar_t>(), b.data_ptr<scalar_t>(), shape,
                          static_cast<std::size_t>(begin), static_cast<std::size_t>(end),
                          out.data_ptr<scalar_t>());
    });
  });
  return out;
}

/// [T, B, n] -> [T * B, n].
Tensor flat(const Tensor& rows) { return rows.flatten(0, 1); }

/// Gradients of one GC block's eight tensors. `dw` [T, B, C] is that of the block's output vector.
void gc_gradients(const variable_list& tensors, std::size_t slot, const Rows& rows, int index,
                  const Tensor& dw, const Tensor& dkey, const Tensor& dkey_bias,
                  const Tensor& dnorm, const Tensor& dquery, variable_list& out) {
  const auto query = flat(rows.query[index]);
  const auto normed = torch::layer_norm(query, {query.size(1)}, {}, {}, 1e-5);
  const auto hidden = torch::relu(normed * tensors[slot + 4] + tensors[slot + 5]);
  out[slot] = dkey.sum(0).view_as(tensors[slot]);
  out[slot + 1] = dkey_bias.sum().view_as(tensors[slot + 1]);
  out[slot + 2] = outer_sum(dquery, rows.context[index], tensors[slot + 2]);
  out[slot + 3] = flat(dquery).sum(0);
  out[slot + 4] = (flat(dnorm) * normed).sum(0);
  out[slot + 5] = flat(dnorm).sum(0);
  out[slot + 6] = outer_sum(dw, hidden.view_as(dquery), tensors[slot + 6]);
  out[slot + 7] = flat(dw).sum(0);
}

/// From dX to the gradients of the sequences that make up X, and of their BatchNorm.
void input_gradients(const Plan& plan, const variable_list& tensors, const Normalised (&norms)[2],
                     const Tensor& dx, const Tensor& sum, const Tensor (&sums_centred)[2],
                     variable_list& out) {
  bool dx_is_taken = false;
  for (const std::size_t i : {1, 0}) {
    const auto& values = tensors[kX + i];
    if (!values.defined() && !(i == 1 && plan.spikes.defined())) continue;
    const bool repeated = values.defined() && values.size(0) < dx.size(0);
    const auto gradient = repeated ? pixels_last(dx.sum(0, /*keepdim=*/true)) : dx;
    if (norms[i].scale.defined()) {
      const bool in_place = repeated || (i == 0 && !dx_is_taken);
      const auto all = normalise_backward(values, norms[i], plan.norms[i], gradient, sum.sum(0),
                                          sums_centred[i].sum(0), in_place);
      out[kX + i] = all.values;
      out[kNormWeight + i] = all.weight;
      out[kNormBias + i] = all.bias;
    } else {
      out[kX + i] = gradient;
      dx_is_taken = dx_is_taken || !repeated;
    }
  }
}

template <class S>
variable_list run_backward(const Plan& plan, const variable_list& tensors, const Rows& rows,
                           const Normalised (&norms)[2], const Tensor& dspikes) {
  using T = kernels::Compute<S>;
  const auto call = make_call<T>(plan, tensors, Pass::kBackward);
  const auto& layer = call.layer;
  const auto& x = tensors[kX];
  const auto of_batch = [&](std::int64_t size) {
    return torch::zeros({x.size(1), size}, compute_options(x));
  };
  const auto like = [](const Tensor& row) {
    return row.defined() ? torch::zeros_like(row) : Tensor();
  };
  variable_list out(kSlots);
  const auto input = make_input<S>(plan, tensors, norms);
  // The kernels add up the steps of an input that is the same in all of them.
  auto dx = like_sequence(x, input.constant() ? 1 : static_cast<std::int64_t>(plan.steps));
  Tensor shift, scale[2], decay, gain, key[2], key_bias[2], query[2], norm[2], pe_x, pe_h;
  if (plan.options.kind == NeuronKind::kAdaptiveLif) {
    decay = of_batch(x.size(2));
    gain = of_batch(x.size(2));
  }
  const auto offset = like(rows.offset);
  const auto hidden = like(rows.hidden);
  const auto expand = layer.sa_reduced > 0 ? like(rows.gate) : Tensor();
  if (layer.pe_x != nullptr) pe_x = like(rows.offset);
  if (layer.pe_h != nullptr) pe_h = like(rows.offset);

  kernels::NeuronGradients<S> gradients;
  for (int i = 0; i < 2; ++i) {
    if (!norms[i].scale.defined()) continue;
    if (!shift.defined()) shift = of_batch(x.size(2));
    scale[i] = of_batch(x.size(2));
    gradients.scale[i] = data<T>(scale[i]);
    gradients.center[i] = data<T>(norms[i].mean);
  }
  gradients.shift = data<T>(shift);
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    key[i] = of_batch(x.size(2));
    key_bias[i] = of_batch(1);
    query[i] = like(rows.query[i]);
    norm[i] = like(rows.query[i]);
    gradients.key[i] = data<T>(key[i]);
    gradients.key_bias[i] = data<T>(key_bias[i]);
    gradients.query[i] = data<T>(query[i]);
    gradients.norm[i] = data<T>(norm[i]);
  }
  gradients.x = data<S>(dx);
  gradients.decay = data<T>(decay);
  gradients.gain = data<T>(gain);
  gradients.offset = data<T>(offset);
  gradients.hidden = data<T>(hidden);
  gradients.expand = data<T>(expand);
  gradients.pe_x = data<T>(pe_x);
  gradients.pe_h = data<T>(pe_h);
  const auto of_rows = pointers<T>(rows);
  for_samples(x.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_backward(layer, input, of_rows, data<S>(dspikes), gradients, samples);
  });
  input_gradients(plan, tensors, norms, dx, shift, scale, out);

  if (decay.defined()) {
    out[kDecay] = decay.sum(0);
    out[kGain] = gain.sum(0);
  }
  if (tensors[kPe].defined()) {
    out[kPe] = torch::zeros_like(tensors[kPe]);
    const auto both = plan.options.pe_placement == PePlacement::kBoth;
    const auto add = [&](const Tensor& table, const Tensor& gradient) {
      table.slice(0, 0, gradient.size(0)).copy_(gradient.sum(1));
    };
    if (pe_x.defined()) add(both ? out[kPe][0] : out[kPe], pe_x);
    if (pe_h.defined()) add(both ? out[kPe][1] : out[kPe], pe_h);
    if (layer.pe_u != nullptr) add(out[kPe], offset);
  }
  if (layer.gc_reduced > 0) {
    gc_gradients(tensors, kGc1, rows, 0, offset, key[0], key_bias[0], norm[0], query[0], out);
    gc_gradients(tensors, kGc2, rows, 1, offset, key[1], key_bias[1], norm[1], query[1], out);
  }
  if (layer.sa_reduced > 0) {
    out[kSa] = outer_sum(hidden, rows.mean, tensors[kSa]).mul_(plan.options.sa_alpha);
    out[kSa + 1] = flat(hidden).sum(0);
    out[kSa + 2] = outer_sum(expand, rows.hidden, tensors[kSa + 2]);
    out[kSa + 3] = flat(expand).sum(0);
  }
  return out;
}

BatchNorm with_weights(const Plan& plan, const variable_list& tensors, std::size_t i) {
  auto norm = plan.norms[i];
  norm.weight = tensors[kNormWeight + i];
  norm.bias = tensors[kNormBias + i];
  return norm;
}

struct FusedNeuron : torch::autograd::Function<FusedNeuron> {
  /// Spikes and their bits.
  static variable_list forward(AutogradContext* context, at::TensorList inputs,
                               const c10::intrusive_ptr<Plan>& plan) {
    variable_list tensors(kSlots);
    for (std::size_t i = 0; i < plan->slots.size(); ++i) tensors[plan->slots[i]] = inputs[i];
    Normalised norms[2];
    for (std::size_t i = 0; i < 2; ++i) {
      auto& values = tensors[kX + i];
      if (!values.defined()) continue;
      values = pixels_last(values);
      const auto norm = with_weights(*plan, tensors, i);
      if (norm.defined()) norms[i] = normalise(values, norm);
    }
    Rows rows;
    auto spikes = with_element(tensors[kX].scalar_type(), [&](auto zero) {
      return run_forward<decltype(zero)>(*plan, tensors, norms, rows);
    });
    auto saved = tensors;
    for (std::size_t i = 0; i < 2; ++i) {
      if (plan->again[i]) saved[kX + i] = Tensor();
    }
    if (plan->spikes.defined()) saved[kX + 1] = Tensor();
    for (const auto& norm : norms) {
      saved.push_back(norm.mean);
      saved.push_back(norm.rstd);
    }
    for (const auto& row : rows.list()) saved.push_back(row);
    context->save_for_backward(saved);
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    context->mark_non_differentiable({spikes.bits});
    return {spikes.values, spikes.bits};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    variable_list tensors(saved.begin(), saved.begin() + kSlots);
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const Plan&>(*capsule);
    Normalised norms[2];
    for (std::size_t i = 0; i < 2; ++i) {
      if (plan.again[i]) tensors[kX + i] = sequence_again(plan, i, gradients[0]);
      const auto norm = with_weights(plan, tensors, i);
      if (norm.defined())
        norms[i] = normalise(norm, saved[kSlots + 2 * i], saved[kSlots + 2 * i + 1]);
    }
    const auto rows = Rows::from(saved, kSlots + 4);
    const auto dspikes = pixels_last(gradients[0]);
    const auto all = with_element(dspikes.scalar_type(), [&](auto zero) {
      return run_backward<decltype(zero)>(plan, tensors, rows, norms, dspikes);
    });
    variable_list out;
    for (const auto slot : plan.slots) out.push_back(all[slot]);
    out.emplace_back();  // of the plan
    return out;
  }

 private:
  /// A term's values, computed again: [T or 1, B, C, H, W] as they were.
  static Tensor sequence_again(const Plan& plan, std::size_t i, const Tensor& dspikes) {
    const auto values = plan.again[i]();
    const auto batch = dspikes.size(1);
    return pixels_last(values.view(
        {values.size(0) / batch, batch, values.size(1), values.size(2), values.size(3)}));
  }
};

template <class Parameters>
void put(const Parameters& block, std::size_t slot, variable_list& tensors) {
  for (const auto& tensor : block.list()) tensors[slot++] = tensor;
}

/// Whether the kernels take these: sequences on a CPU of one type, float, double or bf16, and
/// parameters of that of their arithmetic.
bool fits(const variable_list& tensors) {
  const auto type = tensors[kX].scalar_type();
  if (!is_element(type)) return false;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const auto& tensor = tensors[slot];
    if (!tensor.defined()) continue;
    const bool sequence = slot < kNormWeight;
    if (sequence && (tensor.dim() != 5 || tensor.numel() == 0)) return false;
    if (!tensor.device().is_cpu()) return false;
    if (tensor.scalar_type() != (sequence ? type : compute_type(type))) return false;
  }
  return true;
}

}  // namespace

Spikes fused_neuron(const NeuronInput& input, const FusedLayer& layer) {
  if (UseReference::active()) return {};
  variable_list tensors(kSlots);
  auto plan = c10::make_intrusive<Plan>();
  const Current* terms[2] = {&input.main, &input.residual};
  for (std::size_t i = 0; i < 2; ++i) {
    tensors[kX + i] = terms[i]->values;
    tensors[kNormWeight + i] = terms[i]->norm.weight;
    tensors[kNormBias + i] = terms[i]->norm.bias;
    plan->norms[i] = terms[i]->norm;
    plan->norms[i].weight = Tensor();
    plan->norms[i].bias = Tensor();
  }
  tensors[kDecay] = layer.decay;
  tensors[kGain] = layer.gain;
  tensors[kPe] = layer.staa.pe;
  put(layer.staa.gc1, kGc1, tensors);
  put(layer.staa.gc2, kGc2, tensors);
  put(layer.staa.sa, kSa, tensors);
  if (!fits(tensors)) return {};

  plan->options = layer.options;
  plan->steps = static_cast<std::size_t>(input.steps());
  plan->aggregate = layer.aggregate;
  plan->dropped.assign(layer.dropped.begin(), layer.dropped.end());
  if (input.residual.bits.defined() && !input.residual.norm.defined() &&
      input.residual.values.size(0) == input.steps()) {
    plan->spikes = input.residual.bits;
  }
  for (std::size_t i = 0; i < 2; ++i) plan->again[i] = terms[i]->again;
  variable_list defined;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if (!tensors[slot].defined()) continue;
    plan->slots.push_back(slot);
    defined.push_back(tensors[slot]);
  }
  const auto spikes = FusedNeuron::apply(at::TensorList(defined), plan);
  return {spikes[0], spikes[1]};
}

}  // namespace staa::ops
