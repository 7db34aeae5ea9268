#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/model_file.h"

namespace staa::test {

/// What a small model of random weights is like.
struct TinyModel {
  format::Weights weights = format::Weights::kFp32;
  bool of_16_bits =
      false;  ///< fp32 weights, of convolutions of spikes, that bf16 keeps as they are
  format::Extent input{1, 8, 8};
  std::vector<std::string> classes{"left", "right"};
  bool checksum = true;
  bool aggregate = true;  ///< two of the three layers are STAA neurons
};

/// A model file with every kind of node, T = 3.
std::vector<std::uint8_t> tiny_model(const TinyModel& model);

}  // namespace staa::test
