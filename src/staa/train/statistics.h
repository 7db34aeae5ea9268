#pragma once

#include <torch/nn/module.h>

#include <functional>

namespace staa::train {

/// Estimates BatchNorm's running statistics anew: they become the means over the batches that
/// `show` runs through the network in training mode, without gradients. `show(i)` runs the i-th of
/// them and returns false where there is none. The counts of batches and LibTorch's generator are
/// put back, so that doing it twice is doing it once. The network is left in training mode.
void estimate_statistics(torch::nn::Module& network, const std::function<bool(int)>& show);

}  // namespace staa::train
