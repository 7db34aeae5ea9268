#include "staa/ops/fused_neuron.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>

#include "staa/kernels/neuron/parameter_gradients.h"
#include "staa/kernels/spikes.h"
#include "staa/ops/card.h"
#include "staa/ops/card_device.h"
#include "staa/ops/fused_call.h"
#include "staa/ops/implementation.h"
#include "staa/ops/once_differentiable.h"

namespace staa::ops {
namespace {

using namespace fused;  // the parts of a call, which this file puts together
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class F>
void for_samples(std::int64_t batch, const F& f) {
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    f(kernels::SampleRange{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
}

/// A forward pass, and what its backward pass needs.
struct Outcome {
  Spikes spikes;
  Tensor membrane;
  Normalised norms[2];
  Tensor rows;
};

/// Memory for a membrane of the layer that x drives, [B, H, W, C].
template <class T>
Tensor empty_membrane(const Tensor& x) {
  return torch::empty(x.sizes().slice(1), x.options()
                                              .dtype(c10::CppTypeToScalarType<T>::value)
                                              .memory_format(torch::MemoryFormat::ChannelsLast));
}

/// Writes spikes, rows and the last membrane; the norms are given.
template <class S>
void run_forward(const Plan& plan, const variable_list& tensors, Outcome& out) {
  using T = kernels::Compute<S>;
  auto call = make_call<T>(plan, tensors, Pass::kForward);
  const auto& x = tensors[kX];
  if (plan.has_state) {
    out.membrane = empty_membrane<T>(x);
    call.layer.state.last = data<T>(out.membrane);
  }
  const auto layout = lay_out_rows<T>(call.layer, nullptr);
  out.rows = memory_of<T>(layout.size, layout.zeroed);
  const auto of_rows = lay_out_rows(call.layer, data<T>(out.rows)).rows;
  const auto input = make_input<S>(plan, tensors, out.norms);
  const auto steps = static_cast<std::int64_t>(plan.steps);
  const auto slab = static_cast<std::size_t>(x.size(2) * x.size(3) * x.size(4));
  auto& spikes = out.spikes;
  spikes = Spikes(like_sequence(x, steps));
  if (plan.options.activation == Activation::kSpike) {
    const auto words_of_slab = static_cast<std::int64_t>(kernels::spike_words(slab));
    spikes.bits = torch::empty({steps, x.size(1), words_of_slab}, torch::kLong);
  }
  for_samples(x.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_forward(call.layer, input, of_rows,
                            kernels::SpikeOutput<S>{data<S>(spikes.values), words(spikes.bits)},
                            samples);
  });
}

/// Our threads, and not a BLAS for the products: it keeps threads of its own, which wait for the
/// cores that ours hold.
template <class T, class S>
void sum_parameters(const kernels::NeuronLayer<T>& layer, const kernels::AggregatorRows<T>& rows,
                    const kernels::NeuronGradients<S>& gradients,
                    const kernels::ParameterGradients<T>& out) {
  constexpr std::size_t kWorthAThread = 1 << 18;
  const auto threads = static_cast<std::size_t>(at::get_num_threads());
  const auto shares =
      std::clamp<std::size_t>(kernels::parameter_gradients_cost(layer) / kWorthAThread, 1, threads);
  at::parallel_for(0, static_cast<std::int64_t>(shares), 1,
                   [&](std::int64_t from, std::int64_t to) {
                     for (auto share = from; share < to; ++share) {
                       kernels::parameter_gradients(layer, rows, gradients, out,
                                                    {static_cast<std::size_t>(share), shares});
                     }
                   });
}

/// Gradients by slot, from those of the spikes and, where it is defined, of the last membrane.
template <class S>
variable_list run_backward(const Plan& plan, const variable_list& tensors, const Tensor& rows,
                           const Normalised (&norms)[2], const Tensor& dspikes,
                           const Tensor& dmembrane) {
  using T = kernels::Compute<S>;
  const BackwardCall<S> of(plan, tensors, rows, norms);
  const auto& layer = of.call.layer;
  Tensor sums;
  auto gradients = place_zeroed<T>(torch::kCPU, sums, [&](Carver<T>& memory) {
    return place_gradients<S>(layer, norms, of.adaptive, memory);
  });
  gradients.x = data<S>(of.dx);
  Tensor dinitial;
  if (plan.has_state) {
    gradients.last = data<T>(dmembrane);
    if (tensors[kMembrane].defined()) {
      dinitial = torch::empty_like(tensors[kMembrane]);
      gradients.initial = data<T>(dinitial);
    }
  }
  for_samples(tensors[kX].size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_backward(layer, of.input, of.kept, data<S>(dspikes), gradients, samples);
  });

  variable_list out(kSlots);
  out[kMembrane] = dinitial;
  const auto through_norm = [&](std::size_t i, const Tensor& gradient, bool in_place) {
    return normalise_backward<S>(tensors[kX + i], norms[i], plan.norms[i], gradient,
                                 gradients.shift, gradients.scale[i], in_place);
  };
  input_gradients(plan, tensors, norms, of.dx, through_norm, out);
  sum_parameters(layer, of.kept, gradients, place_outputs(plan, tensors, layer, out));
  return out;
}

BatchNorm with_weights(const Plan& plan, const variable_list& tensors, std::size_t i) {
  auto norm = plan.norms[i];
  norm.weight = tensors[kNormWeight + i];
  norm.bias = tensors[kNormBias + i];
  return norm;
}

/// Makes the sequences in `tensors` channels-last.
Outcome run(const Plan& plan, variable_list& tensors) {
  Outcome out;
  for (std::size_t i = 0; i < 2; ++i) {
    auto& values = tensors[kX + i];
    if (!values.defined()) continue;
    values = pixels_last(values);
    const auto norm = with_weights(plan, tensors, i);
    if (!norm.defined()) continue;
    out.norms[i] =
        card::is_card(values.device()) ? card::normalise(values, norm) : normalise(values, norm);
  }
  if (auto& membrane = tensors[kMembrane]; membrane.defined()) {
    membrane = membrane.contiguous(torch::MemoryFormat::ChannelsLast);
  }
  if (card::is_card(tensors[kX].device())) {
    out.spikes = card::forward(plan, tensors, out.norms, out.rows);
    return out;
  }
  with_element(tensors[kX].scalar_type(),
               [&](auto zero) { run_forward<decltype(zero)>(plan, tensors, out); });
  return out;
}

struct FusedNeuron : torch::autograd::Function<FusedNeuron> {
  /// Spikes, the last membrane where the layer has a state, and the spikes' bits where there are.
  static variable_list forward(AutogradContext* context, at::TensorList inputs,
                               const c10::intrusive_ptr<Plan>& plan) {
    variable_list tensors(kSlots);
    for (std::size_t i = 0; i < plan->slots.size(); ++i) tensors[plan->slots[i]] = inputs[i];
    const auto [spikes, membrane, norms, rows] = run(*plan, tensors);
    auto saved = tensors;
    for (std::size_t i = 0; i < 2; ++i) {
      if (plan->again[i]) saved[kX + i] = Tensor();
    }
    if (plan->spikes.defined()) saved[kX + 1] = Tensor();
    for (const auto& norm : norms) saved.push_back(norm.factors);
    saved.push_back(rows);
    context->save_for_backward(saved);
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    context->set_materialize_grads(false);
    variable_list out{spikes.values};
    if (plan->has_state) out.push_back(membrane);
    if (spikes.bits.defined()) {
      context->mark_non_differentiable({spikes.bits});
      out.push_back(spikes.bits);
    }
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    variable_list tensors(saved.begin(), saved.begin() + kSlots);
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const Plan&>(*capsule);
    const auto dspikes = of_spikes(plan, tensors, gradients[0]);
    Tensor dmembrane;
    if (plan.has_state && gradients[1].defined()) {
      dmembrane = gradients[1].contiguous(torch::MemoryFormat::ChannelsLast);
    }
    Normalised norms[2];
    for (std::size_t i = 0; i < 2; ++i) {
      if (plan.again[i]) tensors[kX + i] = sequence_again(plan, i, dspikes);
      norms[i].factors = saved[kSlots + i];
    }
    const auto& rows = saved[kSlots + 2];
    const auto all =
        card::is_card(dspikes.device())
            ? card::backward(plan, tensors, rows, norms, dspikes)
            : with_element(dspikes.scalar_type(), [&](auto zero) {
                return run_backward<decltype(zero)>(plan, tensors, rows, norms, dspikes, dmembrane);
              });
    variable_list out;
    for (const auto slot : plan.slots) out.push_back(all[slot]);
    out.emplace_back();  // of the plan
    tensors.push_back(gradients[0]);
    if (plan.has_state) tensors.push_back(gradients[1]);
    return once_differentiable("neurons", std::move(out), tensors);
  }

 private:
  /// The gradient of the spikes, 0 where only the membrane has one. X is at hand then: a layer with
  /// a state does not compute it again.
  static Tensor of_spikes(const Plan& plan, const variable_list& tensors, const Tensor& gradient) {
    if (gradient.defined()) return pixels_last(gradient);
    return like_sequence(tensors[kX], static_cast<std::int64_t>(plan.steps)).zero_();
  }

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

/// Whether the kernels take these, which have passed the checks of check_call.h: sequences of one
/// type, float, double, bf16 or, on a card, fp16, and parameters of that of their arithmetic; both
/// context blocks or none, reduced alike.
bool fits(const variable_list& tensors, const Plan& plan, std::int64_t steps) {
  const auto type = tensors[kX].scalar_type();
  const auto device = tensors[kX].device();
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const auto& tensor = tensors[slot];
    if (!tensor.defined()) continue;
    const bool sequence = slot < kNormWeight;
    if (sequence && tensor.numel() == 0) return false;
    if (tensor.scalar_type() != (sequence ? type : compute_type(type))) return false;
    if (!sequence && slot < kDecay && !tensor.is_contiguous()) return false;
  }
  if (tensors[kGc1].defined() != tensors[kGc2].defined()) return false;
  if (tensors[kGc1].defined() && tensors[kGc1 + 3].sizes() != tensors[kGc2 + 3].sizes()) {
    return false;
  }
  const bool on_card = card::takes(tensors[kX], steps, plan.aggregate);
  if (!on_card && !device.is_cpu()) return false;
  // Cards' kernels know neither states nor soft resets.
  if (on_card && (plan.has_state || plan.membranes.subtract)) return false;
  // Cards' kernels fire; epochs of ReLU run on the composition there.
  if (on_card && plan.options.activation == Activation::kRelu) return false;
  if (!is_element(type) && !(on_card && type == torch::kHalf)) return false;
  for (const auto& norm : plan.norms) {
    for (const auto& running : {norm.running_mean, norm.running_var}) {
      if (!running.defined()) continue;
      if (running.scalar_type() != compute_type(type) || !running.is_contiguous()) return false;
    }
  }
  return true;
}

}  // namespace

FusedOutput fused_neuron(const NeuronInput& input, const FusedLayer& layer) {
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
  tensors[kMembrane] = layer.membrane;
  plan->has_state = layer.has_state;
  plan->membranes = layer.membranes;
  plan->aggregate = layer.aggregate;
  plan->options = layer.options;
  if (!fits(tensors, *plan, input.steps())) return {};

  plan->steps = static_cast<std::size_t>(input.steps());
  plan->dropped.assign(layer.dropped.begin(), layer.dropped.end());
  if (!card::is_card(tensors[kX].device()) && input.residual.bits.defined() &&
      !input.residual.norm.defined() && input.residual.values.size(0) == input.steps()) {
    plan->spikes = input.residual.bits;
  }
  for (std::size_t i = 0; i < 2 && !plan->has_state; ++i) plan->again[i] = terms[i]->again;
  if (!torch::GradMode::is_enabled()) {
    const auto out = run(*plan, tensors);
    return {out.spikes, out.membrane};
  }
  variable_list defined;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if (!tensors[slot].defined()) continue;
    plan->slots.push_back(slot);
    defined.push_back(tensors[slot]);
  }
  const auto outputs = FusedNeuron::apply(at::TensorList(defined), plan);
  const std::size_t bits = plan->has_state ? 2 : 1;
  return {Spikes(outputs[0], outputs.size() > bits ? outputs[bits] : Tensor()),
          plan->has_state ? outputs[1] : Tensor()};
}

}  // namespace staa::ops
