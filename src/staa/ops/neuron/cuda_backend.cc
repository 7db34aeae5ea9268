#include "staa/ops/card.h"

#include "staa/kernels/cuda/neuron.h"
#include "staa/ops/card_device.h"
#include "staa/ops/card_normalise.h"
#include "staa/ops/card_runtime.h"

namespace staa::ops::card {
namespace {

using namespace fused;  // the parts of a call, which this file puts together
using torch::Tensor;
using torch::autograd::variable_list;

template <class S>
Spikes run_forward(const Plan& plan, const variable_list& tensors, const Normalised (&norms)[2],
                   Tensor& rows) {
  using T = kernels::Compute<S>;
  const auto call = make_call<T>(plan, tensors, Pass::kForward);
  const auto& x = tensors[kX];
  const auto layout = lay_out_rows<T>(call.layer, nullptr);
  rows = memory_of<T>(layout.size, layout.zeroed, x.device());
  const auto scratch = memory_of<T>(kernels::cuda::forward_scratch(call.layer), 0, x.device());
  Spikes spikes(like_sequence(x, static_cast<std::int64_t>(plan.steps)));
  kernels::cuda::neuron_forward(call.layer, make_input<S>(plan, tensors, norms),
                                lay_out_rows(call.layer, data<T>(rows)).rows,
                                data<S>(spikes.values), data<T>(scratch), current_stream());
  return spikes;
}

/// All that the backward pass sums up, in one memory.
template <class S>
struct Sums {
  kernels::NeuronGradients<S> gradients;
  kernels::cuda::GcRows<kernels::Compute<S>> gc_rows;
};

template <class S>
Sums<S> place_sums(const kernels::NeuronLayer<kernels::Compute<S>>& layer,
                   const Normalised (&norms)[2], bool adaptive, std::size_t pieces,
                   Carver<kernels::Compute<S>>& memory) {
  Sums<S> out;
  out.gradients = place_gradients<S>(layer, norms, adaptive, memory, pieces);
  const auto size = layer.shape.steps * layer.shape.batch * layer.gc_reduced;
  for (int i = 0; i < 2 && size > 0; ++i) {
    out.gc_rows.hidden[i] = memory.take(size);
    out.gc_rows.normed[i] = memory.take(size);
  }
  return out;
}

template <class S>
variable_list run_backward(const Plan& plan, const variable_list& tensors, const Tensor& rows,
                           const Normalised (&norms)[2], const Tensor& dspikes) {
  using T = kernels::Compute<S>;
  const BackwardCall<S> of(plan, tensors, rows, norms);
  const auto& layer = of.call.layer;
  const auto device = dspikes.device();
  const auto pieces = kernels::cuda::pieces(layer.shape, layer.aggregate);
  Tensor memory;
  auto sums = place_zeroed<T>(device, memory, [&](Carver<T>& carver) {
    return place_sums<S>(layer, norms, of.adaptive, pieces, carver);
  });
  sums.gradients.x = data<S>(of.dx);
  const auto scratch = memory_of<T>(kernels::cuda::backward_scratch(layer), 0, device);
  kernels::cuda::neuron_backward(layer, of.input, of.kept, data<S>(dspikes), sums.gradients,
                                 sums.gc_rows, data<T>(scratch), current_stream());

  variable_list out(kSlots);
  const auto through_norm = [&](std::size_t i, const Tensor& gradient, bool in_place) {
    const NormRows<T> of_norm{sums.gradients.shift, sums.gradients.scale[i],
                              layer.shape.batch * pieces};
    return normalise_backward<S>(tensors[kX + i], norms[i], plan.norms[i], gradient, of_norm,
                                 in_place);
  };
  input_gradients(plan, tensors, norms, of.dx, through_norm, out);
  kernels::cuda::parameter_gradients(layer, of.kept, sums.gradients, sums.gc_rows,
                                     place_outputs(plan, tensors, layer, out), current_stream());
  return out;
}

}  // namespace

bool is_card(const torch::Device& device) { return device.type() == kDeviceType; }

bool takes(const Tensor& x, std::int64_t steps, bool aggregate) {
  if (!is_card(x.device()) || static_cast<std::size_t>(steps) > kernels::cuda::kMaxSteps)
    return false;
  if (!aggregate) return true;
  const Guard guard(x.device());
  const auto most = with_card_element(x.scalar_type(), [](auto zero) {
    return kernels::cuda::most_channels(kernels::Compute<decltype(zero)>());
  });
  return static_cast<std::size_t>(x.size(2)) <= most;
}

bool present() { return true; }

std::string name_of(const torch::Device& device) {
  return is_card(device) ? device_name(device) : "";
}

Spikes forward(const Plan& plan, const variable_list& tensors, const Normalised (&norms)[2],
               Tensor& rows) {
  const Guard guard(tensors[kX].device());
  return with_card_element(tensors[kX].scalar_type(), [&](auto zero) {
    return run_forward<decltype(zero)>(plan, tensors, norms, rows);
  });
}

variable_list backward(const Plan& plan, const variable_list& tensors, const Tensor& rows,
                       const Normalised (&norms)[2], const Tensor& dspikes) {
  const Guard guard(dspikes.device());
  return with_card_element(dspikes.scalar_type(), [&](auto zero) {
    return run_backward<decltype(zero)>(plan, tensors, rows, norms, dspikes);
  });
}

}  // namespace staa::ops::card
