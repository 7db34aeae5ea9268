// The CUDA kernels with their usual interface, run thread by thread on the processor.

#include "kernels_cuda/emulator.h"
#include "staa/kernels/cuda/grid.h"
#include "staa/kernels/cuda/stream.h"

namespace staa::kernels::cuda {

/// Replaces the launcher of device.cuh by a GPU on which several blocks share a sample.
struct DeviceLauncher : test::Emulator {
  explicit DeviceLauncher(Stream) : Emulator(gpu()) {}

  static Device gpu() {
    Device device;
    device.groups = true;
    device.group_pixels = 4;
    device.threads = 64;
    return device;
  }
};

}  // namespace staa::kernels::cuda

#include "staa/kernels/cuda/define-inl.h"

namespace staa::kernels::cuda {

template struct NeuronKernels<double>;
template struct NeuronKernels<float>;
template struct NeuronKernels<Bf16>;
template struct NeuronKernels<Half>;
template struct NeuronLimits<double>;
template struct NeuronLimits<float>;
template struct NormKernels<double>;
template struct NormKernels<float>;

}  // namespace staa::kernels::cuda
