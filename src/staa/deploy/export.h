#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "staa/data/input.h"
#include "staa/models/network.h"

namespace staa::deploy {

enum class WeightType { kFp32, kInt8 };

/// Writes a trained network as a model file (format/model_file.h), whole or not at all: BatchNorm
/// folded into the convolutions, and, with kInt8, their weights rounded to 8 bits with a scale an
/// output channel; the first convolution, the neurons and the head stay fp32.
void export_model(const models::Network& network, const data::InputDescription& input,
                  WeightType weights, const std::filesystem::path& path);

/// What export_model writes. `rounding` picks one of many equally fine ways to round to 8 bits.
std::vector<std::uint8_t> model_file(const models::Network& network,
                                     const data::InputDescription& input, WeightType weights,
                                     int rounding = 0);

}  // namespace staa::deploy
