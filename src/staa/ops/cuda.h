#pragma once

#include <torch/autograd.h>

#include <string>

#include "staa/ops/fused_call.h"
#include "staa/ops/spikes.h"

/// Fused neurons on graphics cards: what fused_neuron.cc does on a processor, by the kernels of
/// kernels/cuda on the current stream of the tensors' device. In builds without them
/// (cmake/Cuda.cmake) takes() is false and the rest is not called.
namespace staa::ops::card {

/// Whether neurons driven by `x` [T or 1, B, C, H, W] over so many steps run on kernels.
bool takes(const torch::Tensor& x, std::int64_t steps, bool aggregate);

/// Whether this build has the kernels.
bool present();

/// What the device calls itself, such as "NVIDIA H100 PCIe"; "" for a processor.
std::string name_of(const torch::Device& device);

/// normalise() of normalise.h.
Normalised normalise(const torch::Tensor& values, const BatchNorm& norm);

/// Spikes, without bits, and in `rows` what the backward pass needs.
Spikes forward(const fused::Plan& plan, const torch::autograd::variable_list& tensors,
               const Normalised (&norms)[2], torch::Tensor& rows);

/// Gradients by slot.
torch::autograd::variable_list backward(const fused::Plan& plan,
                                        const torch::autograd::variable_list& tensors,
                                        const torch::Tensor& rows, const Normalised (&norms)[2],
                                        const torch::Tensor& dspikes);

}  // namespace staa::ops::card
