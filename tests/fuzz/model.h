#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::fuzz {

/// Loads a model file and, if the network is small, runs it on both paths. Returns false if the
/// file was refused.
inline bool run_model(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::size_t kMostValues = 4096;
  constexpr std::size_t kMostSteps = 8;
  try {
    const auto model =
        runtime::Model::load(std::vector<std::uint8_t>(bytes, bytes + count), "fuzz");
    if (model.input().values() > kMostValues || model.steps() > kMostSteps) return true;
    const std::vector<std::uint8_t> image(model.input().values(), 200);
    runtime::Session(model, {runtime::Path::kSparse, true}).classify(image.data());
    runtime::Session(model, {runtime::Path::kDense, true}).classify(image.data());
  } catch (const Error&) {
    return false;  // broken files must be refused
  }
  return true;
}

}  // namespace staa::fuzz
