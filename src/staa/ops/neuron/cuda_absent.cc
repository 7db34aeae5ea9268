// Replaces cuda_backend.cc and cuda_normalise.cc in builds without CUDA kernels.
#include "staa/ops/cuda.h"
#include "staa/ops/neuron/backend.h"
#include "staa/util/error.h"

namespace staa::ops {
namespace {

class NoCudaBackend : public Backend {
 public:
  bool takes(const NeuronCall&) const override { return false; }
  bool reads_bits() const override { return false; }
  Normalised normalise(const torch::Tensor&, const BatchNorm&) const override { refuse(); }
  SpikesAndMembrane forward(const CallSettings&, Workspace&) const override { refuse(); }
  NeuronTensors backward(const CallSettings&, const Workspace&,
                         const OutputGradients&) const override {
    refuse();
  }

 private:
  [[noreturn]] static void refuse() {
    fail(ErrorKind::kRuntime, "this build of staa has no kernels for CUDA devices");
  }
};

}  // namespace

const Backend& cuda_backend() {
  static const NoCudaBackend backend;
  return backend;
}

namespace cuda {

bool has_kernels() { return false; }

std::string device_name(const torch::Device&) { return ""; }

}  // namespace cuda
}  // namespace staa::ops
