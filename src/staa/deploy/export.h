#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "staa/data/input.h"
#include "staa/format/model_file.h"
#include "staa/models/network.h"

namespace staa::deploy {

using WeightType = format::Weights;

/// Writes a trained network as a model file (format/model_file.h), whole or not at all: BatchNorm
/// folded into the convolutions, and their weights kept in the type given: kBf16, or rounded to 16
/// or 8 bits with a scale per output channel. The first convolution, the neurons and the head stay
/// fp32.
void export_model(const models::Network& network, const data::InputDescription& input,
                  WeightType weights, const std::filesystem::path& path);

/// What export_model writes. `rounding` picks one of many equally fine ways to round to whole
/// numbers.
std::vector<std::uint8_t> model_file(const models::Network& network,
                                     const data::InputDescription& input, WeightType weights,
                                     int rounding = 0);

}  // namespace staa::deploy
