#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/graph.h"
#include "staa/nir/graph.h"
#include "staa/nir/layers.h"

namespace staa::nir {

constexpr double kUsualDt = 1e-4;  ///< in seconds, as in snnTorch, whose files do not state it
constexpr std::int64_t kUsualSteps = 100;

struct ImportOptions {
  Discretisation discretisation = Discretisation::kEuler;
  double dt = 0;  ///< length of a step in seconds; 0: from the file's metadata, else kUsualDt
  bool subtract = false;  ///< a spike reduces the membrane by the threshold and v_reset is not used
  std::int64_t steps = 0;  ///< steps per input; 0: from the file's metadata, else kUsualSteps
};

struct Imported {
  format::GraphDescription graph;
  std::vector<std::uint8_t> file;  ///< a model file of version 2
  bool stated_dt = false;          ///< dt comes from the file's metadata
  bool has_time = false;           ///< some node depends on dt
};

/// Converts a graph to a model file. Nodes from which no path leads to the output are left out.
/// Throws Error(kInput) that begins with `source` and names each unsupported node, with what was
/// expected and what was found.
Imported import_graph(const Node& graph, const ImportOptions& options, const std::string& source);

}  // namespace staa::nir
