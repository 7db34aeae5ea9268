#pragma once

#include <torch/nn/module.h>

#include <functional>

namespace staa::train {

/// Estimates BatchNorm's running statistics anew: they become the averages over the batches that
/// `show` runs through the network in training mode, without gradients. `show(i)` runs batch i and
/// returns false if there is no such batch. The batch counters and LibTorch's generator are
/// restored afterwards, so that repeating the estimate gives the same result. The network is left
/// in training mode.
void estimate_statistics(torch::nn::Module& network, const std::function<bool(int)>& show);

}  // namespace staa::train
