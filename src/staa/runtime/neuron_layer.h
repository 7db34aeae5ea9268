#pragma once

#include <cstdint>
#include <vector>

#include "staa/format/model_file.h"
#include "staa/kernels/buffer.h"
#include "staa/kernels/inference/neuron_step.h"

namespace staa::runtime {

/// A layer of neurons with its weights in the form that the neurons' kernel needs.
class NeuronLayer {
 public:
  NeuronLayer(const format::ModelFile& file, const format::Node& node);

  /// Calls kernels::neuron_steps with this layer's weights.
  std::size_t run(const kernels::StepRange& steps, const kernels::StepInput& input, float* h,
                  const kernels::LevelsShape& shape, std::uint8_t* levels,
                  kernels::StepScratch& scratch) const {
    return kernels::neuron_steps(step_, steps, input, h, shape, levels, scratch);
  }

 private:
  // One block for all weights. step_ points into it, so it must not be reallocated.
  kernels::LineVector<float> weights_;
  kernels::NeuronStep step_;
};

}  // namespace staa::runtime
