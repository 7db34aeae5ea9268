#pragma once

#include <torch/types.h>

#include <map>
#include <vector>

#include "staa/ops/membrane.h"
#include "staa/ops/parameters.h"
#include "staa/options/neuron.h"

namespace staa::test {

/// The direction in which each tensor is varied. A tensor without an entry stays constant.
class Tangents {
 public:
  void set(const torch::Tensor& tensor, const torch::Tensor& tangent) {
    tangents_[tensor.unsafeGetTensorImpl()] = tangent;
  }
  torch::Tensor get(const torch::Tensor& tensor) const {
    const auto found = tangents_.find(tensor.unsafeGetTensorImpl());
    return found == tangents_.end() ? torch::zeros_like(tensor) : found->second;
  }

 private:
  std::map<const void*, torch::Tensor> tangents_;
};

struct ScalarResult {
  torch::Tensor spikes;   ///< in the shape of x
  torch::Tensor tangent;  ///< derivative of the spikes in the given direction, by the surrogate
};

/// A second implementation of the neurons, as slow loops over single numbers that follow the
/// equations and share no tensor operation with the library. Every number carries its derivative in
/// the direction of `tangents` (forward mode). This checks the backward pass independently, since
/// finite differences cannot see through the Heaviside step. All tensors are double.
ScalarResult scalar_lif(const torch::Tensor& x, const NeuronOptions& options,
                        const Tangents& tangents = {});
ScalarResult scalar_adaptive_lif(const torch::Tensor& x, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const NeuronOptions& options,
                                 const Tangents& tangents = {});
/// Spikes and the last membrane, each with its derivative. `membrane` may be undefined.
struct ScalarState {
  ScalarResult spikes;
  ScalarResult membrane;
};
ScalarState scalar_lif_with_state(const torch::Tensor& x, const torch::Tensor& decay,
                                  const torch::Tensor& gain, const torch::Tensor& membrane,
                                  const NeuronOptions& options,
                                  const ops::MembraneOptions& membranes,
                                  const Tangents& tangents = {});
ScalarResult scalar_staa_lif(const torch::Tensor& x, const ops::StaaLifParameters& parameters,
                             const NeuronOptions& options, const std::vector<bool>& dropped,
                             const Tangents& tangents = {});

}  // namespace staa::test
