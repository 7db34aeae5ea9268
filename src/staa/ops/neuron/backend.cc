#include "staa/ops/neuron/backend.h"

#include "staa/ops/elements.h"
#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

bool has_statistics_of(const BatchNorm& norm, torch::ScalarType type) {
  for (const auto& running : {norm.running_mean, norm.running_var}) {
    if (!running.defined()) continue;
    if (running.scalar_type() != type || !running.is_contiguous()) return false;
  }
  return true;
}

}  // namespace

const Backend* choose_backend(const NeuronCall& call) {
  if (UseReference::active()) return nullptr;
  for (const auto* backend : {&cuda_backend(), &cpu_backend()}) {
    if (backend->takes(call)) return backend;
  }
  return nullptr;
}

bool has_kernel_types(const NeuronCall& call) {
  const auto type = call.tensors.terms[0].values.scalar_type();
  const auto numbers = compute_type(type);
  bool fits = true;
  for_each_sequence(call.tensors, [&](const torch::Tensor& tensor) {
    if (!tensor.defined()) return;
    fits = fits && tensor.scalar_type() == type && tensor.numel() > 0;
  });
  for_each_parameter(call.tensors, [&](const torch::Tensor& tensor) {
    if (tensor.defined()) fits = fits && tensor.scalar_type() == numbers;
  });
  for (const auto& term : call.settings.terms) {
    fits = fits && has_statistics_of(term.norm, numbers);
  }
  const auto& gc1 = call.tensors.staa.gc1;
  const auto& gc2 = call.tensors.staa.gc2;
  if (gc1.defined() != gc2.defined()) return false;
  return fits && (!gc1.defined() || gc1.query_bias.sizes() == gc2.query_bias.sizes());
}

}  // namespace staa::ops
