#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "staa/models/network.h"
#include "staa/nn/neuron.h"

namespace staa::models {

/// Builds a network with fresh weights, drawn from LibTorch's default generator. Throws
/// Error(kUsage) for a name that is not one of staa::network_names() (with the nearest known one)
/// or options out of range.
std::shared_ptr<Network> make_network(const NetworkOptions& options);

/// A layer of neurons and the name of the convolution that drives it: "stages.0.1.conv1".
struct NamedNeurons {
  std::string name;
  std::shared_ptr<nn::Neuron> layer;
};

/// All layers of neurons in `network`, from shallow to deep.
std::vector<NamedNeurons> neuron_layers(const Network& network);

/// Learnable values in `module`.
std::int64_t parameter_count(const torch::nn::Module& module);

}  // namespace staa::models
