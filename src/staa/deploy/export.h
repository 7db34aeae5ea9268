#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "staa/data/input.h"
#include "staa/format/model_file.h"
#include "staa/models/network.h"

namespace staa::deploy {

using WeightType = format::Weights;

/// Writes a trained network to a model file (format/model_file.h), atomically. BatchNorm is folded
/// into the convolutions, whose weights are stored in the given type: kBf16, or rounded to 16 or 8
/// bits with one scale per output channel. The first convolution, the neurons and the head stay
/// fp32.
void export_model(const models::Network& network, const data::InputDescription& input,
                  WeightType weights, const std::filesystem::path& path);

/// The bytes that export_model writes. `rounding` selects one of many equally good ways to round
/// the weights to integers.
std::vector<std::uint8_t> model_file(const models::Network& network,
                                     const data::InputDescription& input, WeightType weights,
                                     int rounding = 0);

}  // namespace staa::deploy
