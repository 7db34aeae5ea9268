#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/kernels/buffer.h"
#include "staa/kernels/inference/levels.h"
#include "staa/kernels/neuron/neuron.h"

namespace staa::kernels {

/// A layer of neurons for inference, over some time steps of one sample. The caller keeps the
/// membrane between calls. The arithmetic is that of neuron_forward().
struct NeuronStep {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  bool aggregate = false;
  const float* decay = nullptr;  ///< [C], like the next two; used only without the aggregator
  const float* gain = nullptr;
  const float* offset = nullptr;
  const float* pe_x = nullptr;  ///< [T, C] or null, like the next two
  const float* pe_h = nullptr;
  const float* pe_u = nullptr;
  std::size_t gc_reduced = 0;  ///< 0: no GC
  GcWeights<float> gc[2];      ///< on X, on H; the matrices are `query` and `value_columns`
  std::size_t sa_reduced = 0;  ///< 0: no SA, and the gate is sa_gain / 2
  SaWeights<float> sa;         ///< the matrices are `reduce` and `expand_columns`
  float sa_alpha = 2;          ///< factor on the pooled input
  float sa_gain = 1;           ///< factor on the sigmoid
  float threshold = 1;
  float reset = 0;
};

/// X [HW, C] of each time step, and an optional residual that is added to it: levels times
/// `residual_scale`.
struct StepInput {
  const float* x = nullptr;
  std::size_t x_step = 0;                  ///< distance of time steps; 0: X is constant
  const std::uint8_t* residual = nullptr;  ///< one image after another, or null
  LevelsShape residual_shape;
  float residual_scale = 1;
};

/// Working memory of a call. It grows to the needs of the largest layer.
struct StepScratch {
  LineVector<float> x;  ///< X with its residual
  LineVector<float> rows;
  std::vector<std::uint32_t> active;
};

/// The time steps of a call. Step 0 does not read the membrane, because H is 0 everywhere.
struct StepRange {
  std::size_t first = 0;
  std::size_t count = 1;
};

/// Writes the spikes to `levels`, one image after another, and the membrane after the last step to
/// `h` [HW, C]. Returns the number of spikes. The results are bit-identical however the time steps
/// are divided into calls.
std::size_t neuron_steps(const NeuronStep& layer, const StepRange& steps, const StepInput& input,
                         float* h, const LevelsShape& shape, std::uint8_t* levels,
                         StepScratch& scratch);

}  // namespace staa::kernels
