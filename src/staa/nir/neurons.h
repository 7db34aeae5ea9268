#pragma once

#include <map>
#include <string>
#include <vector>

#include "staa/nir/layers.h"

namespace staa::nir {

/// The constants of format::Dynamics for neurons of NIR whose values have the shape `shape`, each
/// [H, W, C]:
///
/// - I, IF: v' = r I. The input of a step counts whole, v += r * I, whatever dt, as all simulators
///   read it: a spike that arrives is an impulse.
/// - LI, LIF: tau v' = (v_leak - v) + r I, where I stands still over a step.
/// - CubaLI, CubaLIF: tau_syn i' = -i + w_in I, then tau_mem v' = (v_leak - v) + r i with the new
/// i.
///
/// Throws Problem for time constants that are not above 0, or shorter than a step of Euler's.
std::map<std::string, std::vector<double>> neuron_constants(const Node& node,
                                                            const std::vector<std::int64_t>& shape,
                                                            const Timing& timing);

}  // namespace staa::nir
