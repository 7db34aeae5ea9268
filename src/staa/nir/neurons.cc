#include "staa/nir/neurons.h"

#include <cmath>

#include "staa/nir/node_reader.h"

namespace staa::nir {
namespace {

using Values = std::vector<double>;

/// The shares of its old value and of its drive that make up a state after a step. Their sum is 1.
struct Leak {
  Values keeps;
  Values takes;
};

Leak leak(const Node& node, const std::string& key, const std::vector<std::int64_t>& shape,
          const Timing& timing) {
  constexpr double kRounding = 1e-6;  // tau may have been rounded to float
  Leak leak;
  for (const double tau : spread(node, key, shape)) {
    if (!(tau > 0)) complain("dataset '{}': expected times above 0 s, found {}", key, tau);
    const double share = timing.dt / tau;
    if (timing.discretisation == Discretisation::kExponential) {
      leak.keeps.push_back(std::exp(-share));
      leak.takes.push_back(-std::expm1(-share));
      continue;
    }
    if (share > 1 + kRounding) {
      complain(
          "dataset '{}': {} s is shorter than a step of {} s, which forward Euler cannot take; "
          "expected a smaller dt, or the discretisation \"exponential\"",
          key, tau, timing.dt);
    }
    leak.keeps.push_back(1 - share);
    leak.takes.push_back(share);
  }
  return leak;
}

Values times(Values a, const Values& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= b[i];
  return a;
}

}  // namespace

std::map<std::string, Values> neuron_constants(const Node& node,
                                               const std::vector<std::int64_t>& shape,
                                               const Timing& timing) {
  std::map<std::string, Values> constants;
  const auto resistance = spread(node, "r", shape);
  const bool synapse = node.type == "CubaLI" || node.type == "CubaLIF";
  if (node.type == "I" || node.type == "IF") {
    constants["decay"] = Values(resistance.size(), 1);
    constants["gain"] = resistance;
    constants["offset"] = Values(resistance.size(), 0);
  } else {
    const auto membrane = leak(node, synapse ? "tau_mem" : "tau", shape, timing);
    constants["decay"] = membrane.keeps;
    constants["gain"] = times(resistance, membrane.takes);
    constants["offset"] = times(spread(node, "v_leak", shape), membrane.takes);
  }
  if (synapse) {
    const auto current = leak(node, "tau_syn", shape, timing);
    constants["synapse_decay"] = current.keeps;
    constants["synapse_gain"] = find_array(node, "w_in") == nullptr
                                    ? current.takes
                                    : times(spread(node, "w_in", shape), current.takes);
  }
  if (node.type.find("IF") == std::string::npos) return constants;
  constants["threshold"] = spread(node, "v_threshold", shape);
  if (timing.subtract) return constants;
  constants["reset"] = find_array(node, "v_reset") == nullptr ? Values(resistance.size(), 0)
                                                              : spread(node, "v_reset", shape);
  return constants;
}

}  // namespace staa::nir
