#pragma once

#include "staa/ops/neuron/backend.h"

namespace staa::ops {

/// Runs a call, which must have passed the checks of check_call.h, on a backend that takes it. If
/// gradients are recorded, the call is one node of the graph.
SpikesAndMembrane run_neurons(const Backend& backend, NeuronCall call);

}  // namespace staa::ops
