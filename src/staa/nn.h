#pragma once

/// Spiking layers and networks for LibTorch: `find_package(staa COMPONENTS nn)`, target staa::nn.
/// Layers are torch::nn modules with holders and `forward(Tensor) -> Tensor`; sequences are
/// [T, B, C, H, W], or [T, B, C] without pixels.

#include <torch/torch.h>  // whole, as a program that builds networks uses it

#include "staa/models/registry.h"  // the networks of the paper, by name
#include "staa/nn/blocks.h"        // GlobalContext, StepAttention
#include "staa/nn/layers.h"        // ConvNeuron, ConvNorm, Head
#include "staa/nn/modes.h"         // T, ReLU, precision, operators of all layers
#include "staa/nn/neuron.h"        // Lif, AdaptiveLif, StaaLif
#include "staa/nn/whitening.h"     // Whitening
#include "staa/options/names.h"    // options as text
#include "staa/options/neuron.h"   // NeuronOptions
#include "staa/util/error.h"       // Error
