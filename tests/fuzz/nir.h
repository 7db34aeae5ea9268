#pragma once

#include <algorithm>
#include <filesystem>
#include <vector>

#include "fuzz/reader.h"
#include "staa/nir/import.h"
#include "staa/nir/read.h"
#include "staa/runtime/runtime.h"

namespace staa::fuzz {

/// Crashes while HDF5 reads are errors, as HDF5 itself has them: read() isolates it.
///
/// Imports a NIR file and, if the network is small, runs two steps of it. The imported model must
/// load.
inline void run_nir(const std::filesystem::path& path) {
  constexpr std::int64_t kMostValues = 1 << 16;
  nir::ImportOptions options;
  options.dt = 1e-4;
  const auto imported = nir::import_graph(nir::read(path), options, "fuzz");
  const auto& graph = imported.graph;
  std::int64_t values = format::extent_of(graph.input).values();
  for (const auto& layer : graph.layers) {
    values += format::extent_of(layer.shape).values() * (1 + layer.longest);
  }
  if (values > kMostValues) return;
  const auto model = runtime::Model::load(imported.file, "fuzz");
  runtime::Session session(model);
  const std::vector<float> frame(model.input().values(), 1);
  session.push(frame.data());
  session.push(frame.data());
}

constexpr NamedReader kGraphReaders[] = {{"nir", run_nir}};

}  // namespace staa::fuzz
