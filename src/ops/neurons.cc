#include "staa/ops/neurons.h"

#include "staa/kernels/neuron.h"
#include "staa/ops/reference/neurons.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Places of a layer's tensors in the one list that autograd sees. GC takes eight places, in the
/// order of GcParameters, SA four.
enum Slot : std::size_t {
  kX,
  kDecay,
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
  std::vector<std::uint8_t> dropped;
  bool aggregate = false;
  std::vector<std::size_t> slots;  // of the tensors that are defined, as autograd sees them
};

/// [T, B, C, H, W] -> the same values, [T, B, H, W, C] in memory.
Tensor pixels_last(const Tensor& x) {
  return x.flatten(0, 1).contiguous(torch::MemoryFormat::ChannelsLast).view(x.sizes());
}

Tensor like_sequence(const Tensor& x) {
  return torch::empty({x.size(0) * x.size(1), x.size(2), x.size(3), x.size(4)},
                      x.options().memory_format(torch::MemoryFormat::ChannelsLast))
      .view(x.sizes());
}

/// The aggregator's rows as tensors; undefined where a block is off.
struct Rows {
  Tensor attention[2];
  Tensor context[2];
  Tensor query[2];
  Tensor mean;
  Tensor hidden;
  Tensor offset;
  Tensor gate;

  variable_list list() const {
    return {attention[0], attention[1], context[0], context[1], query[0],
            query[1],     mean,         hidden,     offset,     gate};
  }
  static Rows from(const variable_list& all, std::size_t first) {
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

template <class T>
T* data(const Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
}

/// A layer for the kernels, and the tensors whose memory it points to.
template <class T>
struct Call {
  kernels::NeuronLayer<T> layer;
  variable_list held;
};

template <class T>
Call<T> make_call(const Plan& plan, const variable_list& tensors) {
  const auto& o = plan.options;
  const auto& x = tensors[kX];
  Call<T> call;
  call.held.reserve(kSlots + 1);
  const auto hold = [&](const Tensor& tensor) -> const T* {
    if (!tensor.defined()) return nullptr;
    call.held.push_back(tensor.contiguous());
    return call.held.back().template data_ptr<T>();
  };
  auto& layer = call.layer;
  layer.shape = {static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(x.size(1)),
                 static_cast<std::size_t>(x.size(3) * x.size(4)),
                 static_cast<std::size_t>(x.size(2))};
  layer.decay = hold(tensors[kDecay]);
  layer.gain = hold(tensors[kGain]);
  const bool reset_leaks = o.kind != NeuronKind::kAdaptiveLif &&
                           !(plan.aggregate && o.tsrd_fallback == TsrdFallback::kSum);
  layer.offset = hold(torch::full({x.size(2)}, reset_leaks ? o.reset / o.tau : 0.0, x.options()));
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
      layer.gc[i] = {hold(gc[0]), hold(gc[1]), hold(gc[2]), hold(gc[3]),
                     hold(gc[4]), hold(gc[5]), hold(gc[6]), hold(gc[7])};
    }
  }
  if (tensors[kSa].defined()) {
    layer.sa_reduced = static_cast<std::size_t>(tensors[kSa + 1].numel());
    layer.sa = {hold(tensors[kSa]), hold(tensors[kSa + 1]), hold(tensors[kSa + 2]),
                hold(tensors[kSa + 3])};
  }
  layer.sa_alpha = static_cast<T>(o.sa_alpha);
  layer.threshold = static_cast<T>(o.threshold);
  layer.reset = static_cast<T>(o.reset);
  layer.surrogate = o.surrogate;
  layer.surrogate_width = static_cast<T>(o.surrogate_width);
  layer.detach_reset = o.detach_reset;
  return call;
}

template <class T>
Rows make_rows(const kernels::NeuronLayer<T>& layer, const Tensor& x) {
  Rows rows;
  if (!layer.aggregate) return rows;
  const auto steps = x.size(0);
  const auto batch = x.size(1);
  const auto vectors = [&](std::size_t size) {
    return torch::zeros({steps, batch, static_cast<std::int64_t>(size)}, x.options());
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

template <class F>
void for_samples(std::int64_t batch, const F& f) {
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    f(kernels::SampleRange{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
}

/// Spikes, and the rows that the backward pass needs.
template <class T>
Tensor run_forward(const Plan& plan, const variable_list& tensors, Rows& rows) {
  const auto call = make_call<T>(plan, tensors);
  const auto& x = tensors[kX];
  rows = make_rows(call.layer, x);
  auto spikes = like_sequence(x);
  const auto of_rows = pointers<T>(rows);
  for_samples(x.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_forward(call.layer, x.data_ptr<T>(), of_rows, spikes.template data_ptr<T>(),
                            samples);
  });
  return spikes;
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
  out[slot + 2] = flat(dquery).t().mm(flat(rows.context[index])).view_as(tensors[slot + 2]);
  out[slot + 3] = flat(dquery).sum(0);
  out[slot + 4] = (flat(dnorm) * normed).sum(0);
  out[slot + 5] = flat(dnorm).sum(0);
  out[slot + 6] = flat(dw).t().mm(hidden).view_as(tensors[slot + 6]);
  out[slot + 7] = flat(dw).sum(0);
}

template <class T>
variable_list run_backward(const Plan& plan, const variable_list& tensors, const Rows& rows,
                           const Tensor& dspikes) {
  const auto call = make_call<T>(plan, tensors);
  const auto& layer = call.layer;
  const auto& x = tensors[kX];
  const auto of_batch = [&](std::int64_t size) {
    return torch::zeros({x.size(1), size}, x.options());
  };
  const auto like = [](const Tensor& row) {
    return row.defined() ? torch::zeros_like(row) : Tensor();
  };
  variable_list out(kSlots);
  out[kX] = like_sequence(x);
  Tensor decay, gain, key[2], key_bias[2], query[2], norm[2], pe_x, pe_h;
  if (plan.options.kind == NeuronKind::kAdaptiveLif) {
    decay = of_batch(x.size(2));
    gain = of_batch(x.size(2));
  }
  const auto offset = like(rows.offset);
  const auto hidden = like(rows.hidden);
  const auto expand = layer.sa_reduced > 0 ? like(rows.gate) : Tensor();
  if (layer.pe_x != nullptr) pe_x = like(rows.offset);
  if (layer.pe_h != nullptr) pe_h = like(rows.offset);

  kernels::NeuronGradients<T> gradients;
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
  gradients.x = data<T>(out[kX]);
  gradients.decay = data<T>(decay);
  gradients.gain = data<T>(gain);
  gradients.offset = data<T>(offset);
  gradients.hidden = data<T>(hidden);
  gradients.expand = data<T>(expand);
  gradients.pe_x = data<T>(pe_x);
  gradients.pe_h = data<T>(pe_h);
  const auto of_rows = pointers<T>(rows);
  for_samples(x.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_backward(layer, x.data_ptr<T>(), of_rows, dspikes.data_ptr<T>(), gradients,
                             samples);
  });

  if (decay.defined()) {
    out[kDecay] = decay.sum(0);
    out[kGain] = gain.sum(0);
  }
  if (tensors[kPe].defined()) {
    out[kPe] = torch::zeros_like(tensors[kPe]);
    const auto both = plan.options.pe_placement == PePlacement::kBoth;
    const auto add = [&](const Tensor& table, const Tensor& gradient) {
      table.slice(0, 0, x.size(0)).copy_(gradient.sum(1));
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
    out[kSa] = (flat(hidden).t().mm(flat(rows.mean)) * plan.options.sa_alpha).view_as(tensors[kSa]);
    out[kSa + 1] = flat(hidden).sum(0);
    out[kSa + 2] = flat(expand).t().mm(flat(rows.hidden)).view_as(tensors[kSa + 2]);
    out[kSa + 3] = flat(expand).sum(0);
  }
  return out;
}

struct FusedNeuron : torch::autograd::Function<FusedNeuron> {
  static Tensor forward(AutogradContext* context, at::TensorList inputs,
                        const c10::intrusive_ptr<Plan>& plan) {
    variable_list tensors(kSlots);
    for (std::size_t i = 0; i < plan->slots.size(); ++i) tensors[plan->slots[i]] = inputs[i];
    tensors[kX] = pixels_last(tensors[kX]);
    Rows rows;
    auto spikes = tensors[kX].scalar_type() == torch::kDouble
                      ? run_forward<double>(*plan, tensors, rows)
                      : run_forward<float>(*plan, tensors, rows);
    auto saved = tensors;
    for (const auto& row : rows.list()) saved.push_back(row);
    context->save_for_backward(saved);
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    return spikes;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const variable_list tensors(saved.begin(), saved.begin() + kSlots);
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const Plan&>(*capsule);
    const auto rows = Rows::from(saved, kSlots);
    const auto dspikes = pixels_last(gradients[0]);
    const auto all = tensors[kX].scalar_type() == torch::kDouble
                         ? run_backward<double>(plan, tensors, rows, dspikes)
                         : run_backward<float>(plan, tensors, rows, dspikes);
    variable_list out;
    for (const auto slot : plan.slots) out.push_back(all[slot]);
    out.emplace_back();  // of the plan
    return out;
  }
};

template <class Parameters>
void put(const Parameters& block, std::size_t slot, variable_list& tensors) {
  for (const auto& tensor : block.list()) tensors[slot++] = tensor;
}

/// Whether the fused kernels take these tensors: on a CPU, float or double, all of one type.
bool fusable(const variable_list& tensors) {
  const auto& x = tensors[kX];
  if (x.dim() != 5 || !x.device().is_cpu() || x.numel() == 0) return false;
  if (x.scalar_type() != torch::kFloat && x.scalar_type() != torch::kDouble) return false;
  return std::all_of(tensors.begin(), tensors.end(), [&](const Tensor& tensor) {
    return !tensor.defined() ||
           (tensor.device().is_cpu() && tensor.scalar_type() == x.scalar_type());
  });
}

Tensor run(const variable_list& tensors, const NeuronOptions& options, bool aggregate,
           const std::vector<bool>& dropped) {
  auto plan = c10::make_intrusive<Plan>();
  plan->options = options;
  plan->aggregate = aggregate;
  plan->dropped.assign(dropped.begin(), dropped.end());
  variable_list defined;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if (!tensors[slot].defined()) continue;
    plan->slots.push_back(slot);
    defined.push_back(tensors[slot]);
  }
  return FusedNeuron::apply(at::TensorList(defined), plan);
}

/// Tensors of a layer whose plain update has the given coefficients.
variable_list plain(const Tensor& x, double decay, double gain) {
  variable_list tensors(kSlots);
  tensors[kX] = x;
  const auto channels = x.dim() == 5 ? x.size(2) : 0;
  tensors[kDecay] = torch::full({channels}, decay, x.options().requires_grad(false));
  tensors[kGain] = torch::full({channels}, gain, x.options().requires_grad(false));
  return tensors;
}

}  // namespace

Tensor lif(const Tensor& x, const NeuronOptions& options) {
  auto tensors = plain(x, 1 - 1 / options.tau, 1 / options.tau);
  if (!fusable(tensors)) return reference::lif(x, options);
  return run(tensors, options, false, {});
}

Tensor adaptive_lif(const Tensor& x, const Tensor& decay, const Tensor& gain,
                    const NeuronOptions& options) {
  variable_list tensors(kSlots);
  tensors[kX] = x;
  tensors[kDecay] = decay;
  tensors[kGain] = gain;
  if (!fusable(tensors)) return reference::adaptive_lif(x, decay, gain, options);
  return run(tensors, options, false, {});
}

Tensor staa_lif(const Tensor& x, const StaaLifParameters& parameters, const NeuronOptions& options,
                const std::vector<bool>& dropped) {
  const bool sum = options.tsrd_fallback == TsrdFallback::kSum;
  auto tensors = sum ? plain(x, 1, 1) : plain(x, 1 - 1 / options.tau, 1 / options.tau);
  tensors[kPe] = parameters.pe;
  put(parameters.gc1, kGc1, tensors);
  put(parameters.gc2, kGc2, tensors);
  put(parameters.sa, kSa, tensors);
  if (!fusable(tensors)) return reference::staa_lif(x, parameters, options, dropped);
  return run(tensors, options, true, dropped);
}

}  // namespace staa::ops
