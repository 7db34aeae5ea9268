#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "staa/models/network.h"

namespace staa::analysis {

/// What a layer of neurons responds to in one sample.
struct LayerMaps {
  std::string name;   ///< the name from models::neuron_layers
  torch::Tensor cam;  ///< [H, W], at least 0: where its spikes support the class

  // The maps below are from the blocks of a STAA neuron and undefined without them.
  torch::Tensor attention_x;  ///< [T, H, W]: GC1's weight of every pixel of X (Eq. 7)
  torch::Tensor attention_h;  ///< [T, H, W]: GC2's weight of every pixel of the membrane
  torch::Tensor gates;        ///< [T, C]: SA's gates (Eq. 12)
};

/// An explanation of a network's output for one sample.
struct Explanation {
  std::int64_t target = 0;      ///< the class that is explained
  torch::Tensor probabilities;  ///< [classes], softmax of the mean output
  std::vector<LayerMaps> layers;
};

/// Grad-CAM (Selvaraju et al., 2017) for spiking layers. Let y be the target's logit averaged over
/// time and A [T, C, H, W] a layer's spikes. Then
///   alpha[t, k] = mean over pixels of dy / dA[t, k]      cam = relu(sum over t, k of alpha A)
/// with gradients through the neurons' surrogates.
///
/// `sample` is one sequence [T, 1, C, H, W], with T = 1 for an image. A negative `target` selects
/// the class that the network predicts. `layers` names the layers to explain; empty means all, from
/// shallow to deep. The network is put into evaluation mode; its weights, their gradients and its
/// statistics do not change. Throws Error(kUsage) for an unknown class, or for an unknown layer,
/// naming the nearest one.
Explanation explain(models::Network& network, const torch::Tensor& sample, std::int64_t target = -1,
                    const std::vector<std::string>& layers = {});

}  // namespace staa::analysis
