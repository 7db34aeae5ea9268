#include "staa/kernels/cuda/define.cuh"

STAA_DEFINE_ELEMENT(float)
STAA_DEFINE_COMPUTE(float)

namespace staa::kernels::cuda {

std::size_t pieces(const NeuronShape& shape, bool aggregate) {
  return pieces_of(shape, aggregate, DeviceLauncher(nullptr).device());
}

}  // namespace staa::kernels::cuda
