#include "staa/kernels/cuda/device.cuh"

// device.cuh comes first: the definitions use its launcher.
#include "staa/kernels/cuda/define-inl.h"

namespace staa::kernels::cuda {

template struct NeuronKernels<float>;
template struct NeuronLimits<float>;
template struct NormKernels<float>;

}  // namespace staa::kernels::cuda
