#include "staa/kernels/cuda/device.cuh"

// device.cuh comes first: the definitions use its launcher.
#include "staa/kernels/cuda/define-inl.h"

namespace staa::kernels::cuda {

template struct NeuronKernels<Bf16>;

}  // namespace staa::kernels::cuda
