#pragma once

#include <cstdint>
#include <string>

#include "staa/options/execution.h"
#include "staa/options/neuron.h"

namespace staa::models {

/// What a network is built from. See registry.h for the names.
struct NetworkOptions {
  std::string network = "resnet20";  ///< vgg13, resnet18, resnet19, resnet20 or resnet34
  double width = 1.0;                ///< scales every channel count; > 0
  std::int64_t steps = 4;            ///< T
  std::int64_t in_channels = 3;
  std::int64_t classes = 10;
  NeuronOptions neuron;
  ExecutionOptions execution;
};

}  // namespace staa::models
