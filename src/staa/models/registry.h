#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "staa/models/network.h"
#include "staa/nn/neuron.h"

namespace staa::models {

/// Builds a network with new weights from LibTorch's default generator. Throws Error(kUsage) for
/// options out of range, and for a name that is not in staa::network_names() (with the nearest one
/// that is).
std::shared_ptr<Network> make_network(const NetworkOptions& options);

/// A layer of neurons, with the name of the convolution that drives it, such as "stages.0.1.conv1".
struct NamedNeurons {
  std::string name;
  std::shared_ptr<nn::Neuron> layer;
};

/// All neuron layers of `network`, from shallow to deep.
std::vector<NamedNeurons> neuron_layers(const Network& network);

/// The number of learnable values in `module`.
std::int64_t parameter_count(const torch::nn::Module& module);

}  // namespace staa::models
