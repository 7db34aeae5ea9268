#pragma once

#include <memory>
#include <string>
#include <vector>

#include "staa/models/network.h"

namespace staa::models {

/// Names that make_network knows: resnet18, resnet19, resnet20, resnet34, vgg13.
std::vector<std::string> network_names();

/// Builds a network with fresh weights, drawn from LibTorch's default generator. Throws
/// Error(kUsage) for an unknown name (with the nearest known one) or options out of range.
std::shared_ptr<Network> make_network(const NetworkOptions& options);

/// Learnable values in `module`.
std::int64_t parameter_count(const torch::nn::Module& module);

}  // namespace staa::models
