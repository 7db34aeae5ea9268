#include "staa/ops/neuron/call.h"

namespace staa::ops {

NeuronCall make_call(const NeuronInput& input, const NeuronOptions& options) {
  NeuronCall call;
  call.settings.options = options;
  call.settings.update = options.lif_update();
  call.settings.steps = input.steps();
  const Current* currents[2] = {&input.main, &input.residual};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& current = *currents[i];
    call.tensors.terms[i] = {current.values, current.norm.weight, current.norm.bias};
    auto& settings = call.settings.terms[i];
    settings.norm = current.norm;
    settings.norm.weight = torch::Tensor();
    settings.norm.bias = torch::Tensor();
    settings.bits = current.bits;
    settings.again = current.again;
  }
  return call;
}

}  // namespace staa::ops
