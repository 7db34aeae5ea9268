#include "staa/nn/modes.h"

#include "staa/nn/layers.h"
#include "staa/nn/neuron.h"

namespace staa::nn {
namespace {

/// Calls `use` for every `Kind` in `module`, including `module` itself.
template <class Kind, class Use>
void for_each(torch::nn::Module& module, const Use& use) {
  if (auto* own = dynamic_cast<Kind*>(&module)) use(*own);
  for (const auto& inner : module.modules(/*include_self=*/false)) {
    if (auto* layer = dynamic_cast<Kind*>(inner.get())) use(*layer);
  }
}

}  // namespace

void set_steps(torch::nn::Module& module, std::int64_t steps) {
  for_each<Unrolled>(module, [&](Unrolled& layer) { layer.set_steps(steps); });
}

void set_activation(torch::nn::Module& module, Activation activation) {
  for_each<Neuron>(module, [&](Neuron& neuron) { neuron.set_activation(activation); });
}

void set_precision(torch::nn::Module& module, Precision precision) {
  for_each<NormedConvolution>(module,
                              [&](NormedConvolution& layer) { layer.set_precision(precision); });
}

void set_operators(torch::nn::Module& module, Operators operators) {
  for_each<Operated>(module, [&](Operated& layer) { layer.set_operators(operators); });
}

void repeat_encodings(torch::nn::Module& module, std::int64_t known) {
  for_each<StaaLifImpl>(module, [&](StaaLifImpl& neuron) { neuron.repeat_encoding(known); });
}

}  // namespace staa::nn
