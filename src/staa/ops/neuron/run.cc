#include "staa/ops/neuron/run.h"

#include <torch/autograd.h>

#include <memory>

#include "staa/ops/neuron/sequence.h"
#include "staa/ops/once_differentiable.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The data besides tensors that autograd passes from the forward to the backward pass.
struct Plan : torch::CustomClassHolder {
  const Backend* backend = nullptr;
  CallSettings settings;
  std::vector<bool> defined;  ///< whether each tensor of a call is defined, in their order
};

/// All tensors of a call, in their order.
variable_list list_of(const NeuronTensors& tensors) {
  variable_list list;
  for_each_tensor(tensors, [&](const Tensor& tensor) { list.push_back(tensor); });
  return list;
}

/// The defined tensors of a call, which are those that autograd sees.
variable_list flatten(const NeuronTensors& tensors, const std::vector<bool>& defined) {
  variable_list list;
  std::size_t i = 0;
  for_each_tensor(tensors, [&](const Tensor& tensor) {
    if (defined[i++]) list.push_back(tensor);
  });
  return list;
}

NeuronTensors unflatten(at::TensorList list, const std::vector<bool>& defined) {
  NeuronTensors tensors;
  std::size_t i = 0;
  std::size_t taken = 0;
  for_each_tensor(tensors, [&](Tensor& tensor) {
    if (defined[i++]) tensor = list[taken++];
  });
  return tensors;
}

std::vector<bool> defined_in(const NeuronTensors& tensors) {
  std::vector<bool> defined;
  for_each_tensor(tensors, [&](const Tensor& tensor) { defined.push_back(tensor.defined()); });
  return defined;
}

BatchNorm norm_of(const CallSettings& settings, const NeuronTensors& tensors, std::size_t i) {
  auto norm = settings.terms[i].norm;
  norm.weight = tensors.terms[i].norm_weight;
  norm.bias = tensors.terms[i].norm_bias;
  return norm;
}

/// Converts the tensors to the layouts of the kernels and runs the forward pass.
SpikesAndMembrane run_forward(const Backend& backend, const CallSettings& settings,
                              Workspace& workspace) {
  auto& tensors = workspace.tensors;
  for_each_sequence(tensors, [](Tensor& tensor) {
    if (tensor.defined()) tensor = pixels_last(tensor);
  });
  for_each_parameter(tensors, [&](Tensor& tensor) {
    const bool is_step = &tensor == &tensors.membrane;
    if (tensor.defined()) {
      tensor = tensor.contiguous(is_step ? torch::MemoryFormat::ChannelsLast
                                         : torch::MemoryFormat::Contiguous);
    }
  });
  for (std::size_t i = 0; i < 2; ++i) {
    const auto norm = norm_of(settings, tensors, i);
    if (norm.defined()) workspace.norms[i] = backend.normalise(tensors.terms[i].values, norm);
  }
  return backend.forward(settings, workspace);
}

void save(AutogradContext& context, const CallSettings& settings, Workspace& workspace) {
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& term = settings.terms[i];
    if (term.again || term.bits.defined()) workspace.tensors.terms[i].values = Tensor();
  }
  auto saved = list_of(workspace.tensors);
  for (const auto& norm : workspace.norms) saved.push_back(norm.factors);
  saved.push_back(workspace.coefficients);
  saved.push_back(workspace.rows);
  context.save_for_backward(std::move(saved));
}

Workspace load(const AutogradContext& context) {
  const auto saved = context.get_saved_variables();
  Workspace workspace;
  std::size_t i = 0;
  for_each_tensor(workspace.tensors, [&](Tensor& tensor) { tensor = saved[i++]; });
  for (auto& norm : workspace.norms) norm.factors = saved[i++];
  workspace.coefficients = saved[i++];
  workspace.rows = saved[i++];
  return workspace;
}

/// If only the membrane has a gradient, that of the spikes is 0. X is available in this case,
/// because a layer with a state never recomputes it.
OutputGradients output_gradients(const CallSettings& settings, const Workspace& workspace,
                                 const variable_list& gradients) {
  OutputGradients out;
  out.spikes = gradients[0].defined()
                   ? pixels_last(gradients[0])
                   : like_sequence(workspace.tensors.terms[0].values, settings.steps).zero_();
  if (settings.has_state && gradients[1].defined()) {
    out.membrane = gradients[1].contiguous(torch::MemoryFormat::ChannelsLast);
  }
  return out;
}

struct NeuronFunction : torch::autograd::Function<NeuronFunction> {
  /// Returns the spikes, the last membrane if the layer has a state, and the spikes' bits if there
  /// are any.
  static variable_list forward(AutogradContext* context, at::TensorList inputs,
                               const c10::intrusive_ptr<Plan>& plan) {
    Workspace workspace;
    workspace.tensors = unflatten(inputs, plan->defined);
    const auto output = run_forward(*plan->backend, plan->settings, workspace);
    save(*context, plan->settings, workspace);
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    context->set_materialize_grads(false);
    variable_list out{output.spikes.values};
    if (plan->settings.has_state) out.push_back(output.membrane);
    if (output.spikes.bits.defined()) {
      context->mark_non_differentiable({output.spikes.bits});
      out.push_back(output.spikes.bits);
    }
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const Plan&>(*capsule);
    const auto& settings = plan.settings;
    auto workspace = load(*context);
    const auto outputs = output_gradients(settings, workspace, gradients);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& term = settings.terms[i];
      if (term.again)
        workspace.tensors.terms[i].values = in_steps(term.again(), outputs.spikes.size(1));
    }
    auto out = flatten(plan.backend->backward(settings, workspace, outputs), plan.defined);
    out.emplace_back();  // the plan has no gradient
    auto sources = list_of(workspace.tensors);
    sources.push_back(gradients[0]);
    if (settings.has_state) sources.push_back(gradients[1]);
    return once_differentiable("neurons", std::move(out), sources);
  }
};

/// Drops the bits and recomputations that this call does not use. The residual is read from its
/// bits only if it has no BatchNorm and a value for every step.
void settle_terms(const Backend& backend, NeuronCall& call) {
  auto& settings = call.settings;
  settings.terms[0].bits = Tensor();
  const auto& residual = call.tensors.terms[1];
  const bool read_bits = backend.reads_bits() && !residual.norm_weight.defined() &&
                         residual.values.defined() && residual.values.size(0) == settings.steps;
  if (!read_bits) settings.terms[1].bits = Tensor();
  for (auto& term : settings.terms) {
    if (settings.has_state) term.again = nullptr;
  }
}

}  // namespace

SpikesAndMembrane run_neurons(const Backend& backend, NeuronCall call) {
  settle_terms(backend, call);
  if (!torch::GradMode::is_enabled()) {
    Workspace workspace;
    workspace.tensors = std::move(call.tensors);
    return run_forward(backend, call.settings, workspace);
  }
  auto plan = c10::make_intrusive<Plan>();
  plan->backend = &backend;
  plan->defined = defined_in(call.tensors);
  plan->settings = std::move(call.settings);
  plan->settings.learns_update = plan->settings.adaptive() && (call.tensors.decay.requires_grad() ||
                                                               call.tensors.gain.requires_grad());
  const bool has_state = plan->settings.has_state;
  const auto inputs = flatten(call.tensors, plan->defined);
  const auto outputs = NeuronFunction::apply(at::TensorList(inputs), plan);
  SpikesAndMembrane out;
  out.membrane = has_state ? outputs[1] : Tensor();
  const std::size_t bits = has_state ? 2 : 1;
  out.spikes = Spikes(outputs[0], outputs.size() > bits ? outputs[bits] : Tensor());
  return out;
}

}  // namespace staa::ops
