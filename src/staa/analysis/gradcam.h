#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "staa/models/network.h"

namespace staa::analysis {

/// What a layer of neurons looks at in one sample.
struct LayerMaps {
  std::string name;   ///< as models::neuron_layers gives it
  torch::Tensor cam;  ///< [H, W], at least 0: where its spikes speak for the class

  // Of the blocks of a STAA neuron; undefined where it has none.
  torch::Tensor attention_x;  ///< [T, H, W]: GC1's weight for every pixel of X (Eq. 7)
  torch::Tensor attention_h;  ///< [T, H, W]: GC2's for every pixel of the membrane
  torch::Tensor gates;        ///< [T, C]: SA's gates (Eq. 12)
};

/// How a network sees one sample.
struct Explanation {
  std::int64_t target = 0;      ///< the class explained
  torch::Tensor probabilities;  ///< [classes], softmax of the mean output
  std::vector<LayerMaps> layers;
};

/// Grad-CAM (Selvaraju et al., 2017) of spiking layers. With y the target's logit averaged over
/// time and A [T, C, H, W] a layer's spikes,
///   alpha[t, k] = mean over pixels of dy / dA[t, k]      cam = relu(sum over t, k of alpha A)
/// through the neurons' surrogate gradients.
///
/// `sample` is one image [1, C, H, W] or recording [T, 1, C, H, W]. `target` < 0 explains the class
/// that the network finds. `layers` names layers; empty means all, from shallow to deep. The
/// network is put in evaluation mode; its weights, their gradients and its statistics stay as they
/// are. Throws Error(kUsage) for an unknown layer, with the nearest, or class.
Explanation explain(models::Network& network, const torch::Tensor& sample, std::int64_t target = -1,
                    const std::vector<std::string>& layers = {});

}  // namespace staa::analysis
