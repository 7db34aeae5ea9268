// The kernels for graphics cards behind their own interface, run thread by thread on the processor.

#include "kernels_cuda/emulator.h"
#include "staa/kernels/cuda/launch-inl.h"
#include "staa/kernels/cuda/launch_error.h"
#include "staa/kernels/cuda/neuron.h"
#include "staa/kernels/cuda/normalise.h"

namespace staa::kernels::cuda {

/// Stands for that of device.cuh, of a card whose samples are shared by several blocks.
struct DeviceLauncher : test::Emulator {
  explicit DeviceLauncher(Stream) : Emulator(card()) {}

  static Device card() {
    Device device;
    device.groups = true;
    device.group_pixels = 4;
    device.threads = 64;
    return device;
  }
};

}  // namespace staa::kernels::cuda

#include "staa/kernels/cuda/define-inl.h"

STAA_DEFINE_ELEMENT(double)
STAA_DEFINE_ELEMENT(float)
STAA_DEFINE_ELEMENT(Bf16)
STAA_DEFINE_ELEMENT(Half)
STAA_DEFINE_COMPUTE(double)
STAA_DEFINE_COMPUTE(float)
STAA_DEFINE_REST()
