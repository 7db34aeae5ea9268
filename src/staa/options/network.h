#pragma once

#include <cstdint>
#include <string>

#include "staa/options/execution.h"
#include "staa/options/neuron.h"

namespace staa {

/// What convolutions start from.
enum class Start {
  kNormal,    ///< normal(0, sqrt(2 / (k * k * out)))
  kIdentity,  ///< the same, but the first min(in, out) outputs begin as copies of the inputs
};

/// What leads past a convolution apart from the paper's residual blocks.
enum class CurrentShortcut {
  kNone,
  kCurrent,  ///< the current of the layer before joins: real values, while convolutions see spikes
};

/// How 2x2 windows become one value.
enum class Pooling { kAverage, kMax };

}  // namespace staa

namespace staa::models {

/// The network of a recipe: its table [model].
struct ModelOptions {
  std::string network = "resnet20";  ///< one of registry.h
  double width = 1.0;                ///< scales every channel count; > 0
  std::int64_t steps = 4;            ///< T
  Start start = Start::kNormal;
  double residual_gain = 1;  ///< where the last BatchNorm of a residual block starts its scale
  CurrentShortcut shortcut = CurrentShortcut::kNone;  ///< vgg7
  Pooling pooling = Pooling::kAverage;                ///< of vgg13, between its groups
  bool whitening = false;      ///< a frozen stem that whitens 2x2 patches of still images
  double norm_momentum = 0.1;  ///< of BatchNorm's running statistics
  double head_scale = 1;       ///< what the logits are multiplied by
};

/// What a network is built from.
struct NetworkOptions : ModelOptions {
  std::int64_t in_channels = 3;
  std::int64_t classes = 10;
  NeuronOptions neuron;
  ExecutionOptions execution;
};

}  // namespace staa::models
