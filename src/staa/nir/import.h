#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/graph.h"
#include "staa/nir/graph.h"
#include "staa/nir/layers.h"

namespace staa::nir {

constexpr double kUsualDt = 1e-4;  ///< seconds; of snnTorch's files, which state none
constexpr std::int64_t kUsualSteps = 100;

struct ImportOptions {
  Discretisation discretisation = Discretisation::kEuler;
  double dt = 0;           ///< seconds of a step; 0: what the file's metadata say, else kUsualDt
  bool subtract = false;   ///< a spike lowers the membrane by the threshold: v_reset is not used
  std::int64_t steps = 0;  ///< of an input; 0: what the file's metadata say, else kUsualSteps
};

struct Imported {
  format::GraphDescription graph;
  std::vector<std::uint8_t> file;  ///< a model file of version 2
  bool stated_dt = false;          ///< dt is from the file's metadata
  bool has_time = false;           ///< some node depends on dt
};

/// Turns a graph into a model file. Nodes from which no path leads to the output are left out.
/// Throws Error(kInput) that begins with `source` and names each node that cannot be taken, with
/// what was expected and what was found.
Imported import_graph(const Node& graph, const ImportOptions& options, const std::string& source);

}  // namespace staa::nir
