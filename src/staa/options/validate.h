#pragma once

#include "staa/options/network.h"
#include "staa/options/neuron.h"

namespace staa {

/// Throws Error(kUsage) naming the first option that is out of range, its range and its value.
void validate(const NeuronOptions& options);
void validate(const models::ModelOptions& options);
void validate(const models::NetworkOptions& options);

}  // namespace staa
