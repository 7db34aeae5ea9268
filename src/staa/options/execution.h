#pragma once

namespace staa {

/// The number format of convolutions. Membranes, statistics, weights and optimiser state stay in
/// fp32.
enum class Precision {
  kAuto,  ///< bf16 if it is faster in a short timing of the network's own layers, else fp32
  kFp32,
  kBf16,  ///< represents spikes exactly; currents and their gradients are rounded
  kFp16,  ///< more precise than bf16, smaller range: training scales its loss; fp32 except on CUDA
};

/// What is stored for the backward pass.
enum class MemoryUse {
  kNormal,  ///< spikes as bits, and the outputs of convolutions
  kLow,     ///< spikes as bits; convolutions are recomputed, with the same results
};

/// The implementation of neurons and convolutions.
enum class Operators {
  kFused,      ///< staa's own kernels, for the tensors that they support
  kReference,  ///< the plain composition of LibTorch calls that the kernels are tested against
};

/// How a network is executed. Apart from rounding, this does not change what it computes.
struct ExecutionOptions {
  Precision precision = Precision::kFp32;
  MemoryUse memory = MemoryUse::kNormal;
  Operators operators = Operators::kFused;
};

}  // namespace staa
