#pragma once

#include <torch/types.h>

namespace staa::ops::card {

/// Whether tensors there are those of a graphics card, which card.h is for.
bool is_card(const torch::Device& device);

}  // namespace staa::ops::card
