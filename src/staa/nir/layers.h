#pragma once

#include <map>
#include <string>
#include <vector>

#include "staa/format/graph.h"
#include "staa/nir/graph.h"

namespace staa::nir {

/// How the equations of neurons are discretised, for a time constant tau and steps of dt.
enum class Discretisation {
  kEuler,        ///< forward Euler, as in snnTorch and Norse: v += dt / tau * (drive - v)
  kExponential,  ///< exact for a drive that is constant over a step, as in Sinabs:
                 ///< v = a * v + (1 - a) * drive with a = exp(-dt / tau)
};

struct Timing {
  Discretisation discretisation = Discretisation::kEuler;
  double dt = 1e-4;       ///< length of a step in seconds
  bool subtract = false;  ///< a spike reduces the membrane by the threshold and v_reset is not used
};

bool is_known(const std::string& type);
/// Whether nodes of this type have a state, so that their output may be read one step later.
bool is_neuron(const std::string& type);

/// Returns the layer for a node whose input has this shape, without its inputs and constants.
/// Throws Problem, or the Error of format::shape_after.
format::Layer layer_of(const Node& node, const std::vector<std::int64_t>& input,
                       const Timing& timing, const std::string& source);

/// The delays of a Delay node in time steps: one per value, in the file's order, or one for all.
std::vector<double> delay_steps(const Node& node, double dt);

/// The tensors of a layer, keyed by their names in format::tensors_of without the layer's name.
/// Sets layer.each. Throws Problem.
std::map<std::string, std::vector<float>> constants_of(const Node& node, format::Layer& layer,
                                                       const std::vector<std::int64_t>& input,
                                                       const Timing& timing);

}  // namespace staa::nir
