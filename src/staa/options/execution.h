#pragma once

namespace staa {

/// What convolutions compute in. Membranes, statistics, weights and optimiser state stay in float.
enum class Precision {
  kAuto,  ///< bf16 where a short timing of the network's own layers finds it faster, else fp32
  kFp32,
  kBf16,  ///< spikes are exact in it; currents and their gradients are rounded
  kFp16,  ///< finer than bf16, of a shorter range: training scales its loss; fp32 but on CUDA
};

/// What is kept for the backward pass.
enum class MemoryUse {
  kNormal,  ///< spikes as bits, and the outputs of convolutions
  kLow,     ///< spikes as bits; convolutions are computed again, with the same results
};

/// What neurons and convolutions run on.
enum class Operators {
  kFused,      ///< staa's own, where they take the tensors
  kReference,  ///< the plain composition of LibTorch's calls that they are tested against
};

/// How a network runs, apart from what it computes.
struct ExecutionOptions {
  Precision precision = Precision::kFp32;
  MemoryUse memory = MemoryUse::kNormal;
  Operators operators = Operators::kFused;
};

}  // namespace staa
