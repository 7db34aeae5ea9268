#pragma once

#include <torch/types.h>

#include <array>

#include "staa/ops/neuron/call.h"
#include "staa/ops/neuron/normalise.h"
#include "staa/ops/spikes.h"

namespace staa::ops {

/// The state of a running call: its tensors as the kernels read them, and what the forward pass
/// leaves for the backward pass.
struct Workspace {
  NeuronTensors tensors;            ///< contiguous; sequences and membrane channels-last
  std::array<Normalised, 2> norms;  ///< of each term, if it has one
  torch::Tensor coefficients;       ///< [3, C] decay, gain and offset of the plain update
  torch::Tensor rows;               ///< of the aggregator (rows.h)
};

/// Gradients of what a forward pass returned.
struct OutputGradients {
  torch::Tensor spikes;    ///< channels-last
  torch::Tensor membrane;  ///< channels-last; undefined: 0
};

/// Fused kernels for neurons on one kind of device, with a backward pass of their own.
class Backend {
 public:
  Backend() = default;
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// Whether the kernels support this call, whose tensors have passed the checks of check_call.h.
  virtual bool takes(const NeuronCall& call) const = 0;

  /// Whether a residual that consists of spikes is read from its bits.
  virtual bool reads_bits() const = 0;

  /// BatchNorm of `values` as factors; in training it updates the running statistics.
  virtual Normalised normalise(const torch::Tensor& values, const BatchNorm& norm) const = 0;

  /// Computes the output, the coefficients and the rows; the tensors and norms are given.
  virtual SpikesAndMembrane forward(const CallSettings& settings, Workspace& workspace) const = 0;

  virtual NeuronTensors backward(const CallSettings& settings, const Workspace& workspace,
                                 const OutputGradients& gradients) const = 0;
};

/// The backends for the processor and for CUDA devices. In builds without CUDA the latter takes no
/// call.
const Backend& cpu_backend();
const Backend& cuda_backend();

/// The backend that takes a call. Null if there is none or a UseReference lives; the reference
/// composition then computes the call.
const Backend* choose_backend(const NeuronCall& call);

/// Whether a call's tensors have the types that the kernels expect: sequences of one type that are
/// not empty, parameters of the arithmetic's type, and either both context blocks, of the same
/// reduced width, or none.
bool has_kernel_types(const NeuronCall& call);

}  // namespace staa::ops
