#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/model_file.h"

namespace staa::test {

/// The properties of a small model with random weights.
struct TinyModel {
  format::Weights weights = format::Weights::kFp32;
  bool of_16_bits = false;  ///< weights of convolutions of spikes are exact in bf16
  format::Extent input{1, 8, 8};
  std::vector<std::string> classes{"left", "right"};
  bool checksum = true;
  bool aggregate = true;  ///< two of the three layers of neurons are STAA neurons
};

/// Returns a model file with T = 3, with convolutions, neurons, a pool and a head.
std::vector<std::uint8_t> tiny_model(const TinyModel& model);

}  // namespace staa::test
