#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "nir/reference.h"
#include "staa/nir/import.h"
#include "staa/runtime/runtime.h"
#include "staa/util/random.h"

namespace staa::test {

/// Converts values [C, H, W] to a frame [H, W, C].
inline std::vector<float> channels_last(const std::vector<double>& values,
                                        const runtime::Shape& shape) {
  std::vector<float> frame(values.size());
  const auto pixels = shape.height * shape.width;
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (std::size_t p = 0; p < pixels; ++p) {
      frame[p * shape.channels + c] = static_cast<float>(values[c * pixels + p]);
    }
  }
  return frame;
}

/// The input of a step: spikes or real values.
inline std::vector<double> random_step(Random& random, std::size_t size, bool spikes) {
  std::vector<double> values(size);
  for (auto& value : values) {
    value = spikes ? (random.uniform() < 0.3 ? 1 : 0) : random.uniform(-1, 1);
  }
  return values;
}

/// Imports a graph and runs it alongside the reference, step by step. Stops and returns false once
/// a membrane is so close to its threshold that rounding may decide.
inline bool compare(const nir::Node& graph, const nir::ImportOptions& options, Random& random,
                    bool spikes, std::set<nir::Edge> late = {}, std::size_t steps = 12,
                    double* fired = nullptr) {
  const auto imported = nir::import_graph(graph, options, "test");
  const auto model = runtime::Model::load(imported.file, "test");
  runtime::Session session(model);
  nir::Timing timing;
  timing.discretisation = options.discretisation;
  timing.dt = imported.graph.dt;
  timing.subtract = options.subtract;
  Reference reference(graph, timing, std::move(late));
  std::vector<float> before(model.classes().size());
  for (std::size_t t = 0; t < steps; ++t) {
    const auto input = random_step(random, model.input().values(), spikes);
    const auto expected = reference.step(input);
    session.push(channels_last(input, model.input()).data());
    if (reference.closest() < 1e-5) return false;
    const auto& sums = session.output_sums();
    EXPECT_EQ(sums.size(), expected.values.size());
    for (std::size_t i = 0; i < sums.size() && i < expected.values.size(); ++i) {
      const double found = static_cast<double>(sums[i]) - static_cast<double>(before[i]);
      EXPECT_NEAR(found, expected.values[i], 1e-4 * (1 + std::abs(expected.values[i])))
          << "step " << t << ", output " << i;
      if (std::abs(found - expected.values[i]) > 1e-2) return true;  // one failure is enough
    }
    before = sums;
  }
  if (fired != nullptr) *fired = reference.spikes();
  return true;
}

}  // namespace staa::test
