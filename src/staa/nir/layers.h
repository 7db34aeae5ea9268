#pragma once

#include <map>
#include <string>
#include <vector>

#include "staa/format/graph.h"
#include "staa/nir/graph.h"

namespace staa::nir {

/// How neurons' equations become steps in time, for a time constant tau and steps of dt.
enum class Discretisation {
  kEuler,        ///< forward Euler, as snnTorch and Norse take it: v += dt / tau * (drive - v)
  kExponential,  ///< exact for a drive that stands still over a step, as in Sinabs:
                 ///< v = a * v + (1 - a) * drive, a = exp(-dt / tau)
};

struct Timing {
  Discretisation discretisation = Discretisation::kEuler;
  double dt = 1e-4;       ///< seconds of a step
  bool subtract = false;  ///< a spike lowers the membrane by the threshold; v_reset is not used
};

bool is_known(const std::string& type);
/// Whether it remembers, so that what it gives may be read a step later.
bool is_neuron(const std::string& type);

/// The layer that a node is for an input of that shape; without name, inputs and constants. Throws
/// Problem, or Error of format::shape_after.
format::Layer layer_of(const Node& node, const std::vector<std::int64_t>& input,
                       const Timing& timing, const std::string& source);

/// The steps by which a node of type Delay delays each value, in the file's order, or one for all.
std::vector<double> delay_steps(const Node& node, double dt);

/// The tensors of a layer by the names of format::tensors_of. Sets layer.each. Throws Problem.
std::map<std::string, std::vector<float>> constants_of(const Node& node, format::Layer& layer,
                                                       const std::vector<std::int64_t>& input,
                                                       const Timing& timing);

}  // namespace staa::nir
