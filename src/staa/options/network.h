#pragma once

#include <cstdint>
#include <string>

#include "staa/options/execution.h"
#include "staa/options/neuron.h"

namespace staa {

/// The initial weights of convolutions.
enum class Start {
  kNormal,    ///< normal(0, sqrt(2 / (k * k * out)))
  kIdentity,  ///< the same, but the first min(in, out) output channels start as copies of the
              ///< inputs
};

/// What passes convolutions by.
enum class CurrentShortcut {
  kNone,     ///< the paper: spikes, by the shortcuts of residual blocks
  kCurrent,  ///< the current, which is real-valued, in place of spikes: past every convolution but
             ///< the first in a VGG, past every block in a residual network. The two are added and
             ///< scaled; see nn::ConvNeuronImpl::spikes_with_current(). No shortcut has weights,
             ///< and convolutions still read spikes.
};

/// How 2x2 windows are reduced to one value.
enum class Pooling { kAverage, kMax };

}  // namespace staa

namespace staa::models {

/// The network of a recipe: its [model] table.
struct ModelOptions {
  std::string network = "resnet20";  ///< one of registry.h
  double width = 1.0;                ///< factor on all channel counts; > 0
  std::int64_t steps = 4;            ///< T
  Start start = Start::kNormal;
  double residual_gain = 1;  ///< initial scale of the last BatchNorm in a residual block
  CurrentShortcut shortcut = CurrentShortcut::kNone;
  Pooling pooling = Pooling::kAverage;  ///< for vgg13, between its groups
  bool whitening = false;               ///< a frozen stem that whitens 2x2 patches of still images
  double norm_momentum = 0.1;           ///< for BatchNorm's running statistics
  double head_scale = 1;                ///< factor on the logits
};

/// Everything that a network is built from.
struct NetworkOptions : ModelOptions {
  std::int64_t in_channels = 3;
  std::int64_t classes = 10;
  NeuronOptions neuron;
  ExecutionOptions execution;
};

}  // namespace staa::models
