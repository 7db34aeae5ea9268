#pragma once

#include <map>
#include <string>
#include <vector>

#include "staa/nir/layers.h"

namespace staa::nir {

/// The constants of format::Dynamics for NIR neurons whose values have the shape `shape`, each [H,
/// W, C]:
///
/// - I, IF: v' = r I. The input of a step is added in full, v += r * I, for any dt, because all
///   simulators treat an arriving spike as an impulse.
/// - LI, LIF: tau v' = (v_leak - v) + r I, where I is constant over a step.
/// - CubaLI, CubaLIF: tau_syn i' = -i + w_in I, then tau_mem v' = (v_leak - v) + r i (new i).
///
/// Throws Problem if a time constant is not above 0, or is shorter than a step of forward Euler.
std::map<std::string, std::vector<double>> neuron_constants(const Node& node,
                                                            const std::vector<std::int64_t>& shape,
                                                            const Timing& timing);

}  // namespace staa::nir
